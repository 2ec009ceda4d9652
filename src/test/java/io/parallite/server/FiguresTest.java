package io.parallite.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.dispatch.Dispatcher;
import io.parallite.dispatch.TaskCache;
import io.parallite.engine.ManualEngine;
import io.parallite.pool.FakeTransport;
import io.parallite.pool.PoolSettings;
import io.parallite.pool.Pools;
import io.parallite.pool.WorkerPool;
import io.parallite.process.resources.ProcessSampler;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.wire.Encoding;
import io.parallite.wire.Reply;
import io.parallite.wire.TestFrames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shape of {@code ping} and {@code stats}, which monitors rely on. */
class FiguresTest {

    private final ManualEngine engine = new ManualEngine();
    private final FakeTransport transport = new FakeTransport();
    private final WorkerPool pool =
            new WorkerPool(
                    engine,
                    transport,
                    new PoolSettings(1, 4, "work", 10, Duration.ofSeconds(30)),
                    new Random(1));
    private final Dispatcher dispatcher =
            new Dispatcher(
                    engine, Pools.of(pool), new TaskCache(engine, Duration.ofMinutes(6), 1 << 20));
    private Figures figures;

    @TempDir private Path proc;

    @BeforeEach
    void build() {
        ProcessSampler sampler = new ProcessSampler(engine, proc, Runnable::run);
        figures =
                new Figures(
                        engine,
                        dispatcher,
                        sampler,
                        "1.2.3",
                        Map.of("max_queue", 10),
                        new ReadinessPolicy(false));
    }

    @Test
    void pingSaysWhoAnswers() {
        engine.advance(Duration.ofMillis(1500));

        assertThat(figures.ping())
                .containsExactly(
                        Map.entry("version", "1.2.3"),
                        Map.entry("pid", ProcessHandle.current().pid()),
                        Map.entry("uptime_ms", 1500L));
    }

    @Test
    void statsTellOfPoolQueueTasksAndCache() {
        pool.start();
        transport.readyAll();
        submit("a");
        submit("b");
        engine.advance(Duration.ofMillis(3));

        assertThat(json())
                .startsWith("{\"ok\":true,\"version\":\"1.2.3\",\"pid\":")
                .contains(
                        "\"pool\":{\"fixed_workers\":1,\"max_workers\":4,\"idle\":0,\"busy\":1,"
                                + "\"starting\":0,\"ending\":0,\"restarts\":0,")
                .contains(
                        "\"draining\":false,\"stopping\":false,\"paused\":false,\"reloading\":false,")
                .containsPattern("\"restarts_by_reason\":\\{(\"[a-z_]+\":0,?)+\\}")
                .contains(
                        "\"workers\":[{\"name\":\"work-1\",\"pid\":100,\"state\":\"busy\",\"served\":0,"
                                + "\"age_ms\":3,\"task_id\":\"a\",\"task_age_ms\":3}]}")
                .contains("\"queue\":{\"length\":1,\"limit\":13,\"oldest_ms\":3}")
                .contains(
                        "\"tasks\":{\"submitted\":2,\"completed\":0,\"failed\":0,\"cancelled\":0,\"in_flight\":2,")
                .contains("\"cache\":{")
                .contains("\"settings\":{\"max_queue\":10}");
    }

    @Test
    void statsTellOfRatesAndLatencies() {
        pool.start();
        transport.readyAll();
        submit("a");
        engine.advance(Duration.ofMillis(10));
        transport.last().reply();
        engine.advance(Duration.ofSeconds(1));

        assertThat(json())
                .contains("\"rate_per_second\":{\"last_second\":1.0,\"last_minute\":1.0}")
                .contains("\"latency_ms\":{\"queued\":{\"p50\":0.0,\"p90\":0.0,\"p99\":0.0,")
                .containsPattern("\"ran\":\\{\"p50\":10\\.0\\d*,\"p90\":10\\.0\\d*,");
    }

    @Test
    void statsTellWhatWorkersTake() throws IOException {
        pool.start();
        transport.readyAll();
        Path process = Files.createDirectories(proc.resolve("100"));
        Files.createDirectory(proc.resolve("self"));
        Files.writeString(
                process.resolve("status"), "Name:\tphp\nVmRSS:\t    2048 kB\nThreads:\t1");
        Files.writeString(
                process.resolve("stat"),
                "100 (php (x) y) S 1 100 100 0 -1 4194560 2273 0 0 0 31 11 0 0 20 0 1 0 88 0 0");

        assertThat(json()).contains("\"memory_bytes\":2097152,\"cpu_ms\":420}");
    }

    @Test
    void statsTellOfWorkersThatDoNotStart() {
        pool.start();
        transport.last().failStart("PHP Parse error");

        assertThat(json()).contains("\"start_failure\":\"worker work-1: PHP Parse error\"");
    }

    @Test
    void statsTellOfTheTemplateWhereWorkersAreForked() {
        pool.start();
        assertThat(json()).doesNotContain("template");

        transport.startForking();

        assertThat(json())
                .contains(
                        "\"template\":{\"state\":\"ready\",\"pid\":77,\"booted\":1,\"forks\":1},");
    }

    @Test
    void figuresFitBothEncodings() {
        pool.start();
        Reply reply = Reply.figures(new TaskId("mine"), stats());

        assertThat(Encoding.MESSAGE_PACK.decodeAll(Encoding.MESSAGE_PACK.encode(reply)))
                .containsEntry("task_id", "mine")
                .containsEntry("ok", true)
                .containsKeys("version", "pool", "queue", "tasks", "cache");
    }

    private Map<String, Object> stats() {
        List<Map<String, Object>> told = new ArrayList<>();
        figures.stats().subscribe().with(told::add);
        engine.runActions();
        assertThat(told).hasSize(1);
        return told.getFirst();
    }

    private String json() {
        return TestFrames.text(Encoding.JSON.encode(Reply.figures(null, stats())));
    }

    private void submit(String id) {
        byte[] frame = TestFrames.json("{'task_id':'%s','payload':'x'}".formatted(id));
        Task task = new Task(new TaskId(id), frame, 1, null, false);
        dispatcher.submit(task, dispatcher.newLane()).subscribe().with(ignored -> {});
    }
}
