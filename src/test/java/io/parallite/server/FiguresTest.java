package io.parallite.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.dispatch.DispatchSettings;
import io.parallite.dispatch.Dispatcher;
import io.parallite.dispatch.TaskCache;
import io.parallite.engine.ManualEngine;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.wire.Encoding;
import io.parallite.wire.Reply;
import io.parallite.wire.TestFrames;
import io.parallite.worker.FakeTransport;
import io.parallite.worker.PoolSettings;
import io.parallite.worker.WorkerPool;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

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
                    engine,
                    pool,
                    new TaskCache(engine, Duration.ofMinutes(6), 1 << 20),
                    new DispatchSettings(Duration.ofSeconds(60)));
    private final Figures figures = new Figures(engine, dispatcher, "1.2.3");

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

        assertThat(json())
                .startsWith("{\"ok\":true,\"version\":\"1.2.3\",\"pid\":")
                .contains(
                        "\"pool\":{\"fixed_workers\":1,\"max_workers\":4,\"idle\":0,\"busy\":1,"
                                + "\"starting\":0,\"ending\":0,\"restarts\":0,\"workers\":[{"
                                + "\"name\":\"work-1\",\"pid\":100,\"state\":\"busy\",\"served\":0,"
                                + "\"task_id\":\"a\"}]}")
                .contains("\"queue\":{\"length\":1}")
                .contains(
                        "\"tasks\":{\"submitted\":2,\"completed\":0,\"failed\":0,\"in_flight\":2}")
                .contains("\"cache\":{");
    }

    @Test
    void statsTellOfWorkersThatDoNotStart() {
        pool.start();
        transport.last().failStart("PHP Parse error");

        assertThat(json()).contains("\"start_failure\":\"worker work-1: PHP Parse error\"");
    }

    @Test
    void figuresFitBothEncodings() {
        pool.start();
        Reply reply = Reply.figures(new TaskId("mine"), figures.stats());

        assertThat(Encoding.MESSAGE_PACK.decodeAll(Encoding.MESSAGE_PACK.encode(reply)))
                .containsEntry("task_id", "mine")
                .containsEntry("ok", true)
                .containsKeys("version", "pool", "queue", "tasks", "cache");
    }

    private String json() {
        return TestFrames.text(Encoding.JSON.encode(Reply.figures(null, figures.stats())));
    }

    private void submit(String id) {
        byte[] frame = TestFrames.json("{'task_id':'%s','payload':'x'}".formatted(id));
        Task task = new Task(new TaskId(id), frame, 1, null, false);
        dispatcher.submit(task, dispatcher.newLane()).subscribe().with(ignored -> {});
    }
}
