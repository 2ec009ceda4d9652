package io.parallite.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.engine.ManualEngine;
import io.parallite.server.ClientBudget.Account;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Connections that stand still by hand, on a clock that is moved by hand. */
class StallWatchTest {

    private static final Duration FRAME_TIMEOUT = Duration.ofSeconds(30);
    private static final long SHARE = 4 << 20;

    private final ManualEngine engine = new ManualEngine();
    private final ClientBudget budget = new ClientBudget(SHARE);
    private final List<Connection> connections = new ArrayList<>();
    private boolean isFull;
    private final StallWatch watch =
            new StallWatch(engine, FRAME_TIMEOUT, budget, connections, () -> isFull);

    /** A connection that gets on when it is told to. */
    private final class Connection implements StallWatch.Watched {

        private final Account account = budget.open(() -> {});
        private boolean isWithinFrame;
        private boolean holdsRoom;
        private long gotOnAt = engine.nanoTime();
        private boolean isEnded;
        private boolean wasInTheWay;
        private int looks;

        Connection() {
            connections.add(this);
        }

        void getOn() {
            gotOnAt = engine.nanoTime();
        }

        @Override
        public void look(long now, long late) {
            looks++;
            gotOnAt += late;
        }

        @Override
        public boolean isWithinFrame() {
            return isWithinFrame;
        }

        @Override
        public boolean holdsRoom() {
            return holdsRoom;
        }

        @Override
        public Duration frameStillFor(long now) {
            return Duration.ofNanos(now - gotOnAt);
        }

        @Override
        public void endUnfinished(Duration patience, boolean isInTheWay) {
            isEnded = true;
            wasInTheWay = isInTheWay;
            leave();
        }

        @Override
        public long unread() {
            return account.unread();
        }

        @Override
        public Duration repliesStillFor(long now) {
            return Duration.ofNanos(now - gotOnAt);
        }

        @Override
        public void evict() {
            isEnded = true;
            leave();
        }

        private void leave() {
            isWithinFrame = false;
            account.setUnread(0);
            connections.remove(this);
        }
    }

    private Connection withinFrame() {
        Connection connection = new Connection();
        connection.isWithinFrame = true;
        watch.arm();
        return connection;
    }

    private Connection withUnread(long bytes) {
        Connection connection = new Connection();
        connection.account.setUnread(bytes);
        return connection;
    }

    private void advance(Duration step) {
        engine.advance(step);
    }

    @Test
    void endsAFrameThatDoesNotGetOnWithinItsTimeout() {
        Connection still = withinFrame();

        advance(FRAME_TIMEOUT.minusMillis(500));
        assertThat(still.isEnded).isFalse();
        advance(Duration.ofSeconds(1));

        assertThat(still.isEnded).isTrue();
        assertThat(still.wasInTheWay).isFalse();
    }

    @Test
    void countsNoTimeInWhichTheDaemonDidNotRun() {
        Connection still = withinFrame();
        advance(FRAME_TIMEOUT.minusSeconds(1));

        engine.holdUp(Duration.ofSeconds(20));
        advance(Duration.ZERO);
        assertThat(still.isEnded).isFalse();
        advance(Duration.ofSeconds(2));

        assertThat(still.isEnded).isTrue();
    }

    @Test
    void leavesAFrameAloneThatGetsOn() {
        Connection slow = withinFrame();

        for (int i = 0; i < 10; i++) {
            advance(FRAME_TIMEOUT.dividedBy(2));
            slow.getOn();
        }

        assertThat(slow.isEnded).isFalse();
    }

    @Test
    void endsTheFrameThatHoldsRoomWithinASecondWhenOthersWaitForIt() {
        Connection holds = withinFrame();
        holds.holdsRoom = true;
        Connection small = withinFrame();
        Account others = budget.open(() -> {});
        others.owe(SHARE);
        others.claim(1, () -> {});
        assertThat(budget.isShortOfRequests()).isFalse(); // one connection's own limit

        budget.open(() -> {}).claim(SHARE, () -> {});
        assertThat(budget.isShortOfRequests()).isTrue();
        advance(StallWatch.PATIENCE.plusMillis(300));

        assertThat(holds.isEnded).isTrue();
        assertThat(holds.wasInTheWay).isTrue();
        assertThat(small.isEnded).as("it holds nothing that others wait for").isFalse();
    }

    @Test
    void endsEveryFrameThatStandsStillWhenThereMayBeNoMoreConnections() {
        Connection first = withinFrame();
        Connection second = withinFrame();
        isFull = true;

        advance(StallWatch.PATIENCE.plusMillis(300));

        assertThat(first.isEnded).isTrue();
        assertThat(second.isEnded).isTrue();
    }

    @Test
    void evictsThoseFirstThatHaveNotReadForTheLongestTimeUntilHalfOfTheShareIsFree() {
        budget.onContended(watch::arm);
        List<Connection> readers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            readers.add(withUnread(SHARE / 4));
            advance(Duration.ofMillis(10));
        }
        budget.claim(SHARE / 4, () -> {});
        assertThat(budget.isShortOfReplies()).isTrue();

        advance(StallWatch.PATIENCE_WITH_READERS.plusMillis(300));

        assertThat(readers).extracting(r -> r.isEnded).startsWith(true, true).endsWith(false);
        assertThat(budget.isShortOfReplies()).isFalse();
    }

    @Test
    void evictsNobodyWhoReads() {
        budget.onContended(watch::arm);
        Connection reads = withUnread(SHARE / 2);
        Connection still = withUnread(SHARE / 2);
        budget.claim(SHARE / 4, () -> {});

        for (int i = 0; i < 10; i++) {
            advance(Duration.ofMillis(100));
            reads.getOn();
        }

        assertThat(reads.isEnded).isFalse();
        assertThat(still.isEnded).isTrue();
    }

    @Test
    void looksAtNobodyWhileNothingHasBegun() {
        Connection idle = new Connection();

        advance(Duration.ofHours(1));

        assertThat(idle.looks).isZero();
        assertThat(engine.pendingTimers()).isZero();
    }

    @Test
    void stopsLookingWhenTheLastFrameHasCome() {
        Connection connection = withinFrame();
        advance(Duration.ofSeconds(1));
        connection.isWithinFrame = false;

        advance(Duration.ofSeconds(1));

        assertThat(engine.pendingTimers()).isZero();
    }
}
