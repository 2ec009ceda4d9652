package io.parallite.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.cluster.store.ClusterSettings;
import io.parallite.cluster.store.LeaseTimes;
import io.parallite.cluster.store.RedisLink;
import io.parallite.cluster.store.Scripts;
import io.parallite.cluster.store.Signer;
import io.parallite.cluster.store.TaskStore;
import io.parallite.config.RedisAddress;
import io.parallite.engine.ManualEngine;
import io.parallite.task.EventSource;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskWatcher;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** When a task that waits here is offered to other nodes. */
final class PlacementTest {

    private static final Duration OVERFLOW = Duration.ofMillis(100);

    private final ManualEngine engine = new ManualEngine();
    private final Queue queue = new Queue();
    private final Placement placement = placement();

    /** Tasks that wait: when each of them began. */
    private final class Queue implements LocalTasks {

        private final ArrayDeque<Long> waiting = new ArrayDeque<>();
        private final List<Duration> shed = new ArrayList<>();
        private int staying;

        void add() {
            waiting.add(engine.nanoTime());
            placement.onWaiting();
        }

        @Override
        public boolean shed(Duration waited, int maxFrame) {
            if (longestWait(maxFrame).filter(wait -> wait.compareTo(waited) >= 0).isEmpty()) {
                return false;
            }
            shed.add(Duration.ofNanos(engine.nanoTime() - waiting.remove()));
            return true;
        }

        @Override
        public Optional<Duration> longestWait(int maxFrame) {
            return waiting.isEmpty()
                    ? Optional.empty()
                    : Optional.of(Duration.ofNanos(engine.nanoTime() - waiting.element()));
        }

        @Override
        public int queued() {
            return waiting.size() + staying;
        }

        @Override
        public int spareWorkers() {
            return 0;
        }

        @Override
        public int busyWorkers() {
            return 1;
        }

        @Override
        public int maxWorkers() {
            return 1;
        }

        @Override
        public Uni<TaskResult> run(Task task) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void cancel(TaskId id, Duration grace) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<EventSource> follow(TaskId id, TaskWatcher watcher) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Uni<Void> deliver(TaskId id, byte[] frame) {
            throw new UnsupportedOperationException();
        }
    }

    private Placement placement() {
        ClusterSettings settings =
                new ClusterSettings(
                        RedisAddress.parse("redis://127.0.0.1"),
                        new ClusterSettings.Encryption(
                                Optional.empty(), Optional.empty(), Optional.empty()),
                        "test",
                        "r1",
                        OVERFLOW,
                        100,
                        1024,
                        0,
                        LeaseTimes.usual(),
                        new Signer(new byte[32], "test"));
        RedisLink closed =
                new RedisLink(
                        engine,
                        () -> Future.failedFuture("there is none"),
                        "a test",
                        RandomGenerator.getDefault(),
                        () -> {},
                        message -> {});
        TaskStore store = new TaskStore(new Scripts(closed, "test:"), settings, "here");
        return new Placement(engine, store, new Waiters(store), queue, settings, () -> true);
    }

    @Test
    void offersEachTaskAsSoonAsItHasWaitedLongEnough() {
        queue.staying = 1; // keeps it looking now and then
        queue.add();
        engine.advance(Duration.ofMillis(130));
        queue.add();
        engine.advance(Duration.ofMillis(33));
        queue.add();
        queue.add();
        engine.advance(Duration.ofSeconds(1));

        assertThat(queue.shed).hasSize(4).containsOnly(OVERFLOW);
    }

    @Test
    void offersNoneBeforeOrAfterItHasStopped() {
        queue.add();
        engine.advance(OVERFLOW.minusNanos(1));
        assertThat(queue.shed).isEmpty();

        placement.stop();
        engine.advance(Duration.ofSeconds(1));
        queue.add();
        engine.advance(Duration.ofSeconds(1));

        assertThat(queue.shed).isEmpty();
    }
}
