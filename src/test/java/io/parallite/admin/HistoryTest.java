package io.parallite.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.admin.History.Span;
import io.parallite.task.TaskId;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HistoryTest {

    private final AdminFixture daemon = new AdminFixture(1, 1);
    private final History history =
            new History(daemon.engine, () -> daemon.dispatcher.pools().snapshot());

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
                        daemon.engine.epochMillis(),
                        1.0,
                        1.0,
                        1.0,
                        200.703,
                        200.703,
                        1.0,
                        1.0,
                        1.0);
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
        for (int i = 0; i < SampleSeries.KEPT + 20; i++) {
            daemon.engine.advance(Duration.ofSeconds(1));
        }

        assertThat(rows(0)).hasSize(SampleSeries.KEPT);
        assertThat((long) rows(0).getLast().getFirst()).isEqualTo(daemon.engine.epochMillis());
    }

    @Test
    void showsADayInAFewHundredSamples() {
        daemon.run("a", Duration.ofMillis(200), true);
        daemon.run("b", Duration.ofMillis(100), false);
        for (int second = 0; second < 90_000; second++) {
            daemon.engine.advance(Duration.ofSeconds(1));
        }

        List<List<@Nullable Object>> day = rows(Span.DAY, 0);
        assertThat(day).hasSize(300);
        long span = (long) day.getLast().getFirst() - (long) day.getFirst().getFirst();
        assertThat(span).isEqualTo(Duration.ofSeconds(299 * 288).toMillis());
        assertThat(rows(Span.HOUR, 0)).hasSize(300);
        assertThat(rows(Span.MINUTES, 0)).hasSize(300);
    }

    @Test
    void coarserSamplesAreRatesPercentilesAndAveragesOfTheirSeconds() {
        daemon.run("a", Duration.ofMillis(200), true);
        daemon.run("b", Duration.ofMillis(100), false);
        daemon.submit("c");
        daemon.submit("d");
        daemon.engine.advance(Duration.ofMillis(5700));
        daemon.workers.last().reply();
        daemon.workers.last().reply();
        daemon.engine.advance(Duration.ofSeconds(6));

        List<@Nullable Object> sample = rows(Span.HOUR, 0).getFirst();
        assertThat(sample.get(1)).isEqualTo(3 / 12.0);
        assertThat(sample.get(2)).isEqualTo(1 / 12.0);
        assertThat((double) sample.get(4)).isLessThan((double) sample.get(5));
        assertThat(sample.get(6)).as("the longest queue").isEqualTo(1.0);
        assertThat(sample.get(7)).as("busy workers, on the average").isEqualTo(6 / 12.0);
        assertThat(sample.get(8)).isEqualTo(1.0);
    }

    private List<List<@Nullable Object>> rows(long since) {
        return rows(Span.MINUTES, since);
    }

    @SuppressWarnings("unchecked")
    private List<List<@Nullable Object>> rows(Span span, long since) {
        return (List<List<@Nullable Object>>) history.since(span, since).get("rows");
    }
}
