package io.parallite.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.parallite.bench.BenchPlan.Extent;
import io.parallite.bench.BenchPlan.ForDuration;
import io.parallite.bench.BenchPlan.ForTasks;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class LoadGeneratorTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final BenchFrames FRAMES = BenchFrames.json(new byte[] {'x'}, null);

    @TempDir Path directory;

    @ParameterizedTest
    @ValueSource(ints = {1, 7})
    void sendsExactlyTheTasksAsked(int depth) throws IOException {
        Set<String> ids = ConcurrentHashMap.newKeySet();
        FakeDaemon.Behaviour remembering =
                session -> {
                    for (String id = session.next(); id != null; id = session.next()) {
                        ids.add(id);
                        session.succeed(id);
                    }
                };
        try (FakeDaemon daemon = new FakeDaemon(directory, remembering)) {
            BenchResult result = run(plan(daemon, 3, depth, new ForTasks(1_000)), FRAMES);

            assertThat(result.tasks()).isEqualTo(1_000);
            assertThat(result.failures()).isEmpty();
            assertThat(ids).hasSize(1_000);
            assertThat(result.traffic().sent()).isEqualTo(1_000L * FRAMES.frameLength());
            assertThat(result.elapsed()).isPositive();
        }
    }

    @Test
    void measuresForTheTimeAskedBehindTheWarmUp() throws IOException {
        Extent extent = new ForDuration(Duration.ofMillis(100), Duration.ofMillis(300));
        try (FakeDaemon daemon = new FakeDaemon(directory, FakeDaemon::echo)) {
            BenchResult result = run(plan(daemon, 2, 2, extent), FRAMES);

            assertThat(result.tasks()).isPositive();
            assertThat(result.failures()).isEmpty();
            assertThat(result.elapsed()).isGreaterThanOrEqualTo(Duration.ofMillis(250));
        }
    }

    @Test
    void pairsRepliesThatComeOutOfOrderWithTheirTasks() throws IOException {
        FakeDaemon.Behaviour backwards =
                session -> {
                    for (int round = 0; round < 10; round++) {
                        List<String> ids = new ArrayList<>();
                        for (int i = 0; i < 8; i++) {
                            ids.add(String.valueOf(session.next()));
                        }
                        Collections.reverse(ids);
                        for (String id : ids) {
                            session.succeed(id);
                        }
                    }
                    session.next();
                };
        try (FakeDaemon daemon = new FakeDaemon(directory, backwards)) {
            BenchResult result = run(plan(daemon, 1, 8, new ForTasks(80)), FRAMES);

            assertThat(result.tasks()).isEqualTo(80);
            assertThat(result.failures()).isEmpty();
        }
    }

    @Test
    void readsRepliesSplitAtEveryByte() throws IOException {
        FakeDaemon.Behaviour bytewise =
                session -> {
                    for (String id = session.next(); id != null; id = session.next()) {
                        String body = "{\"ok\":true,\"result\":null,\"task_id\":\"" + id + "\"}";
                        for (byte one : FakeDaemon.frame(body.getBytes(UTF_8))) {
                            session.write(new byte[] {one});
                        }
                    }
                };
        try (FakeDaemon daemon = new FakeDaemon(directory, bytewise)) {
            BenchResult result = run(plan(daemon, 2, 3, new ForTasks(100)), FRAMES);

            assertThat(result.tasks()).isEqualTo(100);
            assertThat(result.failures()).isEmpty();
        }
    }

    @Test
    void carriesPayloadsAndResultsFarLargerThanItsBuffers() throws IOException {
        String result = "r".repeat(3_000_000);
        FakeDaemon.Behaviour generous =
                session -> {
                    for (String id = session.next(); id != null; id = session.next()) {
                        session.reply(
                                "{\"result\":\""
                                        + result
                                        + "\",\"ok\":true,\"task_id\":\""
                                        + id
                                        + "\"}");
                    }
                };
        BenchFrames frames = BenchFrames.messagePack(new byte[2_000_000], null);
        try (FakeDaemon daemon = new FakeDaemon(directory, generous)) {
            BenchResult measured = run(plan(daemon, 2, 3, new ForTasks(20)), frames);

            assertThat(measured.tasks()).isEqualTo(20);
            assertThat(measured.traffic().sent()).isEqualTo(20L * frames.frameLength());
            assertThat(measured.traffic().received()).isGreaterThan(20 * 3_000_000L);
        }
    }

    @Test
    void countsFailuresByCodeAndKeepsTheFirstMessage() throws IOException {
        AtomicInteger count = new AtomicInteger();
        FakeDaemon.Behaviour failing =
                session -> {
                    for (String id = session.next(); id != null; id = session.next()) {
                        int n = count.incrementAndGet();
                        session.reply(
                                "{\"task_id\":\"%s\",\"ok\":false,\"error\":\"no %d\",\"error_code\":\"%s\"}"
                                        .formatted(id, n, n % 2 == 0 ? "TIMEOUT" : "FATAL"));
                    }
                };
        try (FakeDaemon daemon = new FakeDaemon(directory, failing)) {
            BenchResult result = run(plan(daemon, 1, 1, new ForTasks(5)), FRAMES);

            assertThat(result.tasks()).isZero();
            assertThat(result.failed()).isEqualTo(5);
            assertThat(result.failures())
                    .containsEntry("FATAL", new Measurements.Failure(3, "no 1"))
                    .containsEntry("TIMEOUT", new Measurements.Failure(2, "no 2"));
        }
    }

    @Test
    void takesFailureWithoutIdForTheOldestTask() throws IOException {
        FakeDaemon.Behaviour anonymous =
                session -> {
                    for (String id = session.next(); id != null; id = session.next()) {
                        session.reply(
                                "{\"ok\":false,\"error\":\"no map\",\"error_code\":\"MALFORMED_FRAME\"}");
                    }
                };
        try (FakeDaemon daemon = new FakeDaemon(directory, anonymous)) {
            assertThat(run(plan(daemon, 1, 4, new ForTasks(50)), FRAMES).failures())
                    .containsExactly(
                            Map.entry("MALFORMED_FRAME", new Measurements.Failure(50, "no map")));
        }
    }

    @Test
    void reportsRepliesToNoTaskInFlightAndUnreadableOnes() throws IOException {
        FakeDaemon.Behaviour confused =
                session -> {
                    String first = String.valueOf(session.next());
                    session.succeed(first);
                    session.succeed(first);
                    session.succeed("somebody-elses");
                    session.next();
                    session.write(FakeDaemon.frame("Warning: \u0001".getBytes(UTF_8)));
                    session.next();
                };
        try (FakeDaemon daemon = new FakeDaemon(directory, confused)) {
            BenchResult result = run(plan(daemon, 1, 1, new ForTasks(2)), FRAMES);

            assertThat(result.tasks()).isEqualTo(1);
            assertThat(result.failures().get("UNEXPECTED_REPLY"))
                    .returns(2L, Measurements.Failure::count);
            assertThat(result.failures().get("BAD_REPLY"))
                    .extracting(Measurements.Failure::firstMessage)
                    .asString()
                    .contains("begins with 0x57", "Warning:");
        }
    }

    @Test
    void goesOnWithTheOtherConnectionsWhenOneBreaks() throws IOException {
        AtomicInteger sessions = new AtomicInteger();
        FakeDaemon.Behaviour oneBreaks =
                session -> {
                    if (sessions.incrementAndGet() == 1) {
                        session.next();
                        session.write(new byte[] {0, 0});
                    } else {
                        FakeDaemon.echo(session);
                    }
                };
        try (FakeDaemon daemon = new FakeDaemon(directory, oneBreaks)) {
            BenchResult result = run(plan(daemon, 2, 2, new ForTasks(50)), FRAMES);

            assertThat(result.tasks()).isEqualTo(48);
            assertThat(result.failures().get("CONNECTION_LOST"))
                    .returns(2L, Measurements.Failure::count)
                    .satisfies(
                            lost ->
                                    assertThat(lost.firstMessage())
                                            .contains(daemon.target().text(), "2 in flight"));
        }
    }

    @Test
    void refusesAnImpossibleFrameLength() throws IOException {
        FakeDaemon.Behaviour huge =
                session -> {
                    session.next();
                    session.write(new byte[] {-1, -1, -1, -1});
                    session.next();
                };
        try (FakeDaemon daemon = new FakeDaemon(directory, huge)) {
            BenchResult result = run(plan(daemon, 1, 1, new ForTasks(1)), FRAMES);

            assertThat(result.failures().get("CONNECTION_LOST"))
                    .satisfies(
                            lost -> assertThat(lost.firstMessage()).contains("4294967295 bytes"));
        }
    }

    @Test
    void givesUpOnSilence() throws IOException {
        FakeDaemon.Behaviour silent =
                session -> {
                    while (session.next() != null) {
                        // Never answered.
                    }
                };
        try (FakeDaemon daemon = new FakeDaemon(directory, silent)) {
            BenchPlan plan =
                    new BenchPlan(
                            daemon.target(), 2, 3, new ForTasks(6), 0, Duration.ofMillis(500));

            BenchResult result = run(plan, FRAMES);

            assertThat(result.failures().get("NO_REPLY")).returns(6L, Measurements.Failure::count);
        }
    }

    @Test
    void endsWithWhatItHasWhenInterrupted() throws Exception {
        AtomicInteger served = new AtomicInteger();
        FakeDaemon.Behaviour counting =
                session -> {
                    for (String id = session.next(); id != null; id = session.next()) {
                        session.succeed(id);
                        served.incrementAndGet();
                    }
                };
        Extent hour = new ForDuration(Duration.ZERO, Duration.ofHours(1));
        try (FakeDaemon daemon = new FakeDaemon(directory, counting);
                LoadGenerator generator = generator(plan(daemon, 1, 1, hour), FRAMES)) {
            generator.connect();
            Thread.ofVirtual()
                    .start(
                            () -> {
                                while (served.get() < 10) {
                                    LockSupport.parkNanos(1_000_000);
                                }
                                generator.interrupt();
                            });

            BenchResult result = generator.run();

            assertThat(result.interrupted()).isTrue();
            assertThat(result.tasks()).isGreaterThanOrEqualTo(9);
            assertThat(result.failures()).isEmpty();
        }
    }

    @Test
    void keepsAConstantRate() throws IOException {
        Extent extent = new ForDuration(Duration.ofMillis(100), Duration.ofSeconds(1));
        try (FakeDaemon daemon = new FakeDaemon(directory, FakeDaemon::echo)) {
            BenchPlan plan = new BenchPlan(daemon.target(), 4, 16, extent, 500, PATIENCE);

            BenchResult result = run(plan, FRAMES);

            assertThat(result.rate()).isCloseTo(500, within(50.0));
            assertThat(result.unsent()).isZero();
        }
    }

    @Test
    void showsAStallInEveryTaskItDelayed() throws IOException {
        FakeDaemon.Behaviour stalling =
                session -> {
                    session.succeed(String.valueOf(session.next()));
                    String delayed = String.valueOf(session.next());
                    LockSupport.parkNanos(Duration.ofMillis(400).toNanos());
                    session.succeed(delayed);
                    FakeDaemon.echo(session);
                };
        try (FakeDaemon daemon = new FakeDaemon(directory, stalling)) {
            BenchPlan plan = new BenchPlan(daemon.target(), 1, 1, new ForTasks(100), 200, PATIENCE);

            BenchResult result = run(plan, FRAMES);

            assertThat(result.tasks()).isEqualTo(100);
            assertThat(result.latencies().getMaxValue())
                    .isGreaterThanOrEqualTo(Duration.ofMillis(390).toNanos());
            assertThat(result.latencies().getValueAtPercentile(50))
                    .as("about 80 of 100 tasks were due in the 400 ms of the stall")
                    .isGreaterThan(Duration.ofMillis(50).toNanos());
        }
    }

    @Test
    void countsWhatWasDueButFoundNoFreePlace() throws IOException {
        FakeDaemon.Behaviour slow =
                session -> {
                    for (String id = session.next(); id != null; id = session.next()) {
                        LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
                        session.succeed(id);
                    }
                };
        Extent extent = new ForDuration(Duration.ZERO, Duration.ofMillis(400));
        try (FakeDaemon daemon = new FakeDaemon(directory, slow)) {
            BenchPlan plan = new BenchPlan(daemon.target(), 1, 1, extent, 1_000, PATIENCE);

            BenchResult result = run(plan, FRAMES);

            assertThat(result.tasks()).as("50 ms each at least, one at a time").isLessThan(10);
            assertThat(result.unsent())
                    .as("of the 400 that were due; a slow machine sends fewer, never more")
                    .isBetween(390L, 400L);
        }
    }

    private static BenchPlan plan(FakeDaemon daemon, int connections, int depth, Extent extent) {
        return new BenchPlan(daemon.target(), connections, depth, extent, 0, PATIENCE);
    }

    private static LoadGenerator generator(BenchPlan plan, BenchFrames frames) throws IOException {
        PrintWriter nowhere = new PrintWriter(new StringWriter());
        return new LoadGenerator(plan, frames, new Progress(nowhere, Progress.Style.LINES, plan));
    }

    private static BenchResult run(BenchPlan plan, BenchFrames frames) throws IOException {
        try (LoadGenerator generator = generator(plan, frames)) {
            generator.connect();
            return generator.run();
        }
    }
}
