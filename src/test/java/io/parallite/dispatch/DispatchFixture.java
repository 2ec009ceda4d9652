package io.parallite.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.engine.Engine;
import io.parallite.engine.ManualEngine;
import io.parallite.pool.FakeChannel;
import io.parallite.pool.FakeTransport;
import io.parallite.pool.Lane;
import io.parallite.pool.PoolSettings;
import io.parallite.pool.Pools;
import io.parallite.pool.WorkerPool;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.wire.TestFrames;
import io.parallite.worker.Recycling;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A dispatcher over workers that are fired by hand. */
final class DispatchFixture {

    static final Duration TIMEOUT = Duration.ofSeconds(60);
    static final Duration RETENTION = Duration.ofHours(1);

    final ManualEngine engine = new ManualEngine();
    final FakeTransport transport = new FakeTransport();
    final Dispatcher dispatcher;
    final Lane lane;

    /** What somebody who asked has been told. */
    static final class Answer {
        private final List<TaskResult> results = new ArrayList<>();

        boolean isThere() {
            return !results.isEmpty();
        }

        int count() {
            return results.size();
        }

        TaskResult result() {
            assertThat(results).as("answers").hasSize(1);
            return results.getFirst();
        }

        TaskResult.Failed failure() {
            assertThat(result()).isInstanceOf(TaskResult.Failed.class);
            return (TaskResult.Failed) result();
        }
    }

    DispatchFixture(int workers) {
        this(workers, new ManualEngine());
    }

    /** The same with a cache that has a clock of its own, which may be made to fail. */
    private DispatchFixture(int workers, Engine clockOfCache) {
        PoolSettings settings =
                new PoolSettings(
                        workers,
                        workers,
                        TIMEOUT,
                        "work",
                        100,
                        Duration.ofSeconds(30),
                        Recycling.NONE,
                        Duration.ZERO,
                        Long.MAX_VALUE,
                        false);
        WorkerPool pool = new WorkerPool(engine, transport, settings, new Random(1));
        TaskCache cache =
                new TaskCache(
                        clockOfCache instanceof FailingClock ? clockOfCache : engine,
                        RETENTION,
                        1 << 20);
        dispatcher = new Dispatcher(engine, Pools.of(pool), cache);
        lane = dispatcher.newLane();
        pool.start();
        transport.readyAll();
    }

    /** One whose cache throws {@code error} whenever it is to keep a result. */
    static DispatchFixture whoseCacheThrows(int workers, Error error) {
        return new DispatchFixture(workers, new FailingClock(error));
    }

    private record FailingClock(Error error) implements Engine {
        @Override
        public void execute(Runnable action) {
            throw error;
        }

        @Override
        public void dispatch(Runnable action) {
            action.run();
        }

        @Override
        public boolean isCurrent() {
            throw error;
        }

        @Override
        public long nanoTime() {
            throw error;
        }

        @Override
        public long epochMillis() {
            throw error;
        }

        @Override
        public Timer schedule(Duration delay, Runnable action) {
            throw error;
        }
    }

    Answer submit(String id) {
        return submit(task(id, 1, null));
    }

    Answer submit(Task task) {
        return listen(dispatcher.submit(task, lane));
    }

    static Answer listen(Uni<TaskResult> result) {
        Answer answer = new Answer();
        result.subscribe().with(answer.results::add);
        return answer;
    }

    Answer await(String id) {
        return listen(dispatcher.tasks().await(new TaskId(id)).orElseThrow());
    }

    static Task task(String id, long fingerprint, @Nullable Duration timeout) {
        byte[] frame = TestFrames.json("{'task_id':'%s','payload':'x'}".formatted(id));
        return new Task(new TaskId(id), frame, fingerprint, timeout, false);
    }

    FakeChannel worker(int number) {
        return transport.named("work-" + number);
    }

    void advance(Duration step) {
        engine.advance(step);
    }
}
