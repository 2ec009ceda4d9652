package io.parallite.server;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/**
 * Closes connections that hold memory and make no progress.
 *
 * <p>A begun frame must progress by {@value #PROGRESS} bytes, or end, within {@code
 * frame_timeout_ms}; within {@link #PATIENCE} while other clients wait for its room or its
 * connection. While workers wait for room for their replies, a client must read its own replies
 * within {@link #PATIENCE_WITH_READERS}. Connections that the daemon has paused are exempt, and
 * time in which the daemon did not run is not counted.
 *
 * <p>All connections are checked four times a second while one has begun a frame or waits for room,
 * and not at all otherwise. Owned by the engine's thread.
 */
final class StallWatch {

    private static final Logger LOG = Logger.getLogger(StallWatch.class);

    /** A connection as the watch sees it. */
    interface Watched {

        /**
         * Records whether frame and replies have progressed since the last look.
         *
         * @param late nanoseconds by which the look is late: nothing was read or written meanwhile
         */
        void look(long now, long late);

        /** Whether a frame has begun that the client has not sent to its end. */
        boolean isWithinFrame();

        /** Whether the frame that has begun has room that others could have. */
        boolean holdsRoom();

        /** For how long the frame that has begun has not got on, by the last {@link #look}. */
        Duration frameStillFor(long now);

        /** Answers a frame that does not get on, and closes the connection. */
        void endUnfinished(Duration patience, boolean isInTheWay);

        /** Bytes of its replies that the client has not read. */
        long unread();

        /** For how long the client has not read its replies, by the last {@link #look}. */
        Duration repliesStillFor(long now);

        /** Closes the connection of a client that does not read, and frees what waits for it. */
        void evict();
    }

    /** How much of a frame is progress. */
    static final int PROGRESS = 64 * 1024;

    /**
     * How long a connection may make no progress while others wait for its room: longer than the
     * system keeps a busy client waiting for a processor.
     */
    static final Duration PATIENCE = Duration.ofSeconds(3);

    /** The same for replies: whole rows of clients may have to be passed over before one reads. */
    static final Duration PATIENCE_WITH_READERS = Duration.ofMillis(500);

    private static final Duration STEP = Duration.ofMillis(250);

    private final Engine engine;
    private final Duration frameTimeout;
    private final ClientBudget budget;
    private final Collection<? extends Watched> sessions;
    private final BooleanSupplier isFull;
    private final Deadline look;
    private long lookDue;

    /**
     * @param sessions those to watch
     * @param isFull whether there may be no more connections
     */
    StallWatch(
            Engine engine,
            Duration frameTimeout,
            ClientBudget budget,
            Collection<? extends Watched> sessions,
            BooleanSupplier isFull) {
        this.engine = engine;
        this.frameTimeout = frameTimeout;
        this.budget = budget;
        this.sessions = sessions;
        this.isFull = isFull;
        this.look = new Deadline(engine, this::onLook);
    }

    /** There is something to watch. */
    void arm() {
        if (!look.isArmed()) {
            Duration step = shorter(STEP, frameTimeout);
            lookDue = engine.nanoTime() + step.toNanos();
            look.arm(step);
        }
    }

    private void onLook() {
        long now = engine.nanoTime();
        long late = Math.max(0, now - lookDue);
        boolean isAny = isSomebodyWaiting();
        for (Watched session : sessions) {
            session.look(now, late);
            isAny |= session.isWithinFrame();
        }
        if (isAny) {
            endFrames(now);
            endReaders(now);
            arm();
        }
    }

    private boolean isSomebodyWaiting() {
        return budget.isShortOfRequests() || budget.isShortOfReplies() || isFull.getAsBoolean();
    }

    private void endFrames(long now) {
        boolean isFullNow = isFull.getAsBoolean();
        boolean isShort = budget.isShortOfRequests();
        for (Watched session : List.copyOf(sessions)) {
            boolean isInTheWay = isFullNow || (isShort && session.holdsRoom());
            Duration patience = isInTheWay ? shorter(PATIENCE, frameTimeout) : frameTimeout;
            if (session.isWithinFrame() && session.frameStillFor(now).compareTo(patience) >= 0) {
                session.endUnfinished(patience, isInTheWay);
            }
        }
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** Those first that have stood still for the longest time, until half of the share is free. */
    private void endReaders(long now) {
        if (!budget.isShortOfReplies()) {
            return;
        }
        List<Watched> still = new ArrayList<>();
        for (Watched session : sessions) {
            if (session.unread() > 0
                    && session.repliesStillFor(now).compareTo(PATIENCE_WITH_READERS) >= 0) {
                still.add(session);
            }
        }
        still.sort(
                Comparator.comparing((Watched session) -> session.repliesStillFor(now)).reversed());
        for (Watched session : still) {
            if (!budget.isShortOfReplies() && budget.replyBytes() <= budget.share() / 2) {
                return;
            }
            LOG.warnf(
                    "a client that does not read its replies is disconnected, because others wait for the memory that they take: unread=%d of=%d",
                    session.unread(), budget.share());
            session.evict();
        }
    }
}
