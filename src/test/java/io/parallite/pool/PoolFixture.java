package io.parallite.pool;

import io.parallite.engine.ManualEngine;
import io.parallite.task.Isolation;
import io.parallite.task.Priority;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.Terms;
import io.parallite.wire.TestFrames;
import io.parallite.worker.Recycling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A pool on a hand-moved clock over workers that are fired by hand. */
final class PoolFixture {

    static final Duration TASK_TIMEOUT = Duration.ofSeconds(60);
    static final Duration QUEUE_TIMEOUT = Duration.ofSeconds(30);
    static final int MAX_QUEUE = 10;

    /** On how many the pool takes itself to be, so that a test does the same on every machine. */
    private static final int PROCESSORS = 2;

    final ManualEngine engine = new ManualEngine();
    final FakeTransport transport;
    final List<Submission> submissions = new ArrayList<>();
    final WorkerPool pool;
    final Lane lane;

    private PoolFixture(FakeTransport transport, PoolSettings settings, long seed) {
        this.transport = transport;
        pool =
                new WorkerPool(
                        engine,
                        transport,
                        settings,
                        new Random(seed),
                        Prefetch.throughPipes(engine),
                        PROCESSORS);
        lane = pool.newLane();
    }

    private PoolFixture(FakeTransport transport, PoolSettings settings, Prefetch prefetch) {
        this.transport = transport;
        pool =
                new WorkerPool(
                        engine,
                        transport,
                        settings,
                        new Random(1),
                        (queue, onReturned) -> prefetch,
                        PROCESSORS);
        lane = pool.newLane();
    }

    /** A pool without prefetching, whose workers could prefetch, and have had a task each. */
    static PoolFixture readyWithoutPrefetch(int fixed, int max) {
        FakeTransport transport = new FakeTransport();
        transport.startPrefetching();
        PoolFixture fixture =
                new PoolFixture(transport, settings(fixed, max, MAX_QUEUE), new NoPrefetch());
        fixture.pool.start();
        fixture.warmUp(fixed);
        return fixture;
    }

    private void warmUp(int workers) {
        transport.readyAll();
        for (int i = 0; i < workers; i++) {
            submit("warm-up-" + i);
        }
        advanceMillis(10);
        transport.alive().forEach(FakeChannel::reply);
        submissions.clear();
    }

    /** A pool that has been told to start; its workers boot. */
    static PoolFixture starting(int fixed, int max) {
        return starting(fixed, max, MAX_QUEUE, 1);
    }

    /** The same with workers that do not say when their script runs. */
    static PoolFixture startingWithoutHello(int fixed, int max) {
        return starting(FakeTransport.withoutHello(), settings(fixed, max, MAX_QUEUE), 1);
    }

    static PoolFixture starting(int fixed, int max, int maxQueue, long seed) {
        return starting(new FakeTransport(), settings(fixed, max, maxQueue), seed);
    }

    /** A pool with limits to its workers, as {@link #starting}. */
    static PoolFixture starting(int fixed, int max, Recycling recycling) {
        return starting(
                new FakeTransport(),
                new PoolSettings(
                        fixed,
                        max,
                        QUEUE_TIMEOUT,
                        "work",
                        MAX_QUEUE,
                        QUEUE_TIMEOUT,
                        recycling,
                        Duration.ZERO,
                        Long.MAX_VALUE,
                        false),
                1);
    }

    /**
     * A pool in which each task gets a worker of its own, {@code ready} of which are kept ready.
     */
    static PoolFixture isolating(int ready, int max) {
        return isolating(ready, max, Long.MAX_VALUE);
    }

    /** The same, where those that are ready may hold so many bytes. */
    static PoolFixture isolating(int ready, int max, long readyMemory) {
        return starting(
                new FakeTransport(),
                new PoolSettings(
                        ready,
                        max,
                        QUEUE_TIMEOUT,
                        "work",
                        MAX_QUEUE,
                        QUEUE_TIMEOUT,
                        Recycling.NONE,
                        Duration.ZERO,
                        readyMemory,
                        true),
                1);
    }

    /** A pool of so many workers that tells which tasks run for longer than {@code slow}. */
    static PoolFixture startingWatched(int workers, Duration slow) {
        return starting(
                new FakeTransport(),
                new PoolSettings(
                        workers,
                        workers,
                        QUEUE_TIMEOUT,
                        "work",
                        MAX_QUEUE,
                        QUEUE_TIMEOUT,
                        Recycling.NONE,
                        slow,
                        Long.MAX_VALUE,
                        false),
                1);
    }

    private static PoolFixture starting(FakeTransport transport, PoolSettings settings, long seed) {
        PoolFixture fixture = new PoolFixture(transport, settings, seed);
        fixture.pool.start();
        return fixture;
    }

    private static PoolSettings settings(int fixed, int max, int maxQueue) {
        return new PoolSettings(fixed, max, "work", maxQueue, QUEUE_TIMEOUT);
    }

    /**
     * A pool whose persistent workers are ready, and have answered a task each that was not tiny.
     */
    static PoolFixture ready(int fixed, int max) {
        PoolFixture fixture = starting(fixed, max);
        fixture.warmUp(fixed);
        return fixture;
    }

    /** A pool whose workers are ready, take next tasks by themselves, and have had short tasks. */
    static PoolFixture readyToPrefetch(int fixed, int max) {
        FakeTransport transport = new FakeTransport();
        transport.startPrefetching();
        PoolFixture fixture = starting(transport, settings(fixed, max, MAX_QUEUE), 1);
        transport.readyAll();
        for (int i = 0; i < 30; i++) {
            fixture.submit("warm-up-" + i);
            transport.alive().stream().filter(FakeChannel::isAsked).forEach(FakeChannel::reply);
        }
        fixture.submissions.clear();
        return fixture;
    }

    Submission submit(String id) {
        return submit(id, lane);
    }

    Submission submit(String id, Lane in) {
        return submit(id, "x", in);
    }

    Submission submit(String id, String payload, Lane in) {
        return submit(task(id, payload, Isolation.NONE), in);
    }

    /** A task that is to have a worker for itself. */
    Submission submitIsolated(String id) {
        return submitIsolated(id, lane);
    }

    Submission submitIsolated(String id, Lane in) {
        return submit(task(id, "x", Isolation.TASK), in);
    }

    /** A task that is to have a worker for itself where that is quick. */
    Submission submitIsolatedWhereForked(String id) {
        return submit(task(id, "x", Isolation.AUTO), lane);
    }

    Submission submit(Task task) {
        return submit(task, lane);
    }

    private Submission submit(Task task, Lane in) {
        Submission submission = new Submission(task);
        submissions.add(submission);
        submission.begin(pool, in, TASK_TIMEOUT);
        return submission;
    }

    static Task task(String id) {
        return task(id, "x", Isolation.NONE);
    }

    static Task task(String id, Terms terms) {
        byte[] frame = TestFrames.json("{'task_id':'%s','payload':'x'}".formatted(id));
        return new Task(new TaskId(id), frame, 1, null, false, terms);
    }

    private static Task task(String id, String payload, Isolation isolation) {
        byte[] frame = TestFrames.json("{'task_id':'%s','payload':'%s'}".formatted(id, payload));
        return new Task(
                new TaskId(id),
                frame,
                1,
                null,
                false,
                new Terms(isolation, Priority.NORMAL, null, false, null));
    }

    FakeChannel worker(String name) {
        return transport.named(name);
    }

    void advanceMillis(long millis) {
        engine.advance(Duration.ofMillis(millis));
    }

    PoolSnapshot snapshot() {
        return pool.snapshot();
    }

    @Nullable String startFailure() {
        return snapshot().startFailure();
    }
}
