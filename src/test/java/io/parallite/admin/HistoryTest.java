package io.parallite.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.task.TaskId;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HistoryTest {

    private final AdminFixture daemon = new AdminFixture(1, 1);
    private final History history =
            new History(daemon.engine, () -> daemon.dispatcher.poolSnapshot());

    @BeforeEach
    void start() {
        daemon.dispatcher.observe(history);
        daemon.pool.start();
        daemon.workers.readyAll();
        history.start();
    }

    @Test
    void takesASampleASecond() {
        daemon.run("a", Duration.ofMillis(200), true);
        daemon.run("b", Duration.ofMillis(200), false);
        daemon.submit("c");
        daemon.submit("d");
        daemon.submit("e");
        daemon.dispatcher.cancel(new TaskId("e"));
        daemon.engine.advance(Duration.ofMillis(600));

        assertThat(rows(0)).hasSize(1);
        assertThat(rows(0).getFirst())
                .containsExactly(
                        daemon.engine.epochMillis(), 1.0, 1.0, 1.0, 200.703, 200.703, 1, 1, 1);
    }

    @Test
    void hasNoRunTimeWhereNothingRan() {
        daemon.engine.advance(Duration.ofSeconds(1));

        assertThat(rows(0).getFirst().subList(4, 6)).containsExactly(null, null);
    }

    @Test
    void givesOnlyWhatIsNew() {
        for (int i = 0; i < 3; i++) {
            daemon.engine.advance(Duration.ofSeconds(1));
        }
        long second = (long) rows(0).get(1).getFirst();

        assertThat(rows(second)).containsExactly(rows(0).get(2));
    }

    @Test
    void forgetsWhatIsOlderThanFiveMinutes() {
        for (int i = 0; i < History.KEPT + 20; i++) {
            daemon.engine.advance(Duration.ofSeconds(1));
        }

        assertThat(rows(0)).hasSize(History.KEPT);
        assertThat((long) rows(0).getLast().getFirst()).isEqualTo(daemon.engine.epochMillis());
    }

    @SuppressWarnings("unchecked")
    private List<List<@Nullable Object>> rows(long since) {
        return (List<List<@Nullable Object>>) history.since(since).get("rows");
    }
}
