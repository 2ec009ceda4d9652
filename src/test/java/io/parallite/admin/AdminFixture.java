package io.parallite.admin;

import io.parallite.dispatch.Dispatcher;
import io.parallite.dispatch.TaskCache;
import io.parallite.engine.ManualEngine;
import io.parallite.pool.FakeTransport;
import io.parallite.pool.PoolSettings;
import io.parallite.pool.Pools;
import io.parallite.pool.WorkerPool;
import io.parallite.server.ReadinessPolicy;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.wire.TestFrames;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;

/** A daemon's inside without sockets and processes, moved by hand. */
final class AdminFixture {

    static final int MAX_QUEUE = 3;

    final ManualEngine engine = new ManualEngine();
    final FakeTransport workers;
    final WorkerPool pool;
    final Dispatcher dispatcher;

    AdminFixture(int fixed, int max) {
        this(fixed, max, new FakeTransport());
    }

    AdminFixture(int fixed, int max, FakeTransport workers) {
        this.workers = workers;
        pool =
                new WorkerPool(
                        engine,
                        workers,
                        new PoolSettings(fixed, max, "work", MAX_QUEUE, Duration.ofSeconds(30)),
                        new Random(1));
        dispatcher =
                new Dispatcher(
                        engine,
                        Pools.of(pool),
                        new TaskCache(engine, Duration.ofMinutes(6), 1 << 20));
    }

    /** What keeps the daemon from being ready. */
    List<String> problems(ReadinessPolicy policy) {
        return policy.problems(dispatcher.pools().snapshots(), dispatcher.snapshot().draining());
    }

    /** Submits a task; the code of its failure if it fails at once. */
    Optional<String> submit(String id) {
        byte[] frame = TestFrames.json("{'task_id':'%s','payload':'x'}".formatted(id));
        Task task = new Task(new TaskId(id), frame, 1, null, false);
        AtomicReference<TaskResult> result = new AtomicReference<>();
        dispatcher.submit(task, dispatcher.newLane()).subscribe().with(result::set);
        return Optional.ofNullable(result.get())
                .filter(TaskResult.Failed.class::isInstance)
                .map(failed -> ((TaskResult.Failed) failed).kind().name());
    }

    /** Has a task run for so long, and end well or not. */
    void run(String id, Duration duration, boolean ok) {
        submit(id);
        engine.advance(duration);
        workers.last().reply(ok);
    }
}
