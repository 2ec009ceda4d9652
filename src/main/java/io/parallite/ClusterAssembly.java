package io.parallite;

import io.parallite.cluster.Cluster;
import io.parallite.cluster.LocalTasks;
import io.parallite.cluster.store.ClusterSettings;
import io.parallite.cluster.store.NodeInfo;
import io.parallite.config.ConfigException;
import io.parallite.config.ParalliteConfig;
import io.parallite.dispatch.Dispatcher;
import io.parallite.dispatch.Watch;
import io.parallite.engine.VertxEngine;
import io.parallite.pool.Lane;
import io.parallite.pool.WorkerPool;
import io.parallite.task.EventSource;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskWatcher;
import io.smallrye.mutiny.Uni;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Makes the daemon a node of a cluster; its class is loaded only where {@code cluster_url} is set.
 */
final class ClusterAssembly {

    private ClusterAssembly() {}

    /**
     * Joins {@code dispatcher} and {@code pool} with a cluster that is not started yet.
     *
     * @throws ConfigException when a setting of the cluster turns out to be wrong
     */
    static void join(
            VertxEngine engine, ParalliteConfig config, Dispatcher dispatcher, WorkerPool pool) {
        Path directory = Path.of(config.directory().orElse("")).toAbsolutePath();
        Lane lane = dispatcher.newLane();
        lane.pin();
        Cluster cluster =
                new Cluster(
                        engine,
                        engine.vertx(),
                        ClusterSettings.of(config, directory),
                        NodeInfo.of(Version.current(), engine.epochMillis()),
                        new Local(dispatcher, pool, lane));
        dispatcher.join(cluster);
        pool.onSpare(cluster::onWorkerIdle);
        pool.onWaiting(cluster::onTaskWaiting);
    }

    /** The tasks of others wait in a lane of their own, which they do not leave again. */
    private record Local(Dispatcher dispatcher, WorkerPool pool, Lane lane) implements LocalTasks {

        @Override
        public int spareWorkers() {
            return pool.spareWorkers();
        }

        @Override
        public int busyWorkers() {
            return pool.snapshot().busy();
        }

        @Override
        public int queued() {
            return pool.snapshot().queued();
        }

        @Override
        public int maxWorkers() {
            return pool.snapshot().max();
        }

        @Override
        public boolean shed(Duration waited, int maxFrame) {
            return dispatcher.shed(waited, maxFrame);
        }

        @Override
        public Optional<Duration> longestWait(int maxFrame) {
            return dispatcher.longestWait(maxFrame);
        }

        @Override
        public Uni<TaskResult> run(Task task) {
            return dispatcher.submit(task, lane);
        }

        @Override
        public void cancel(TaskId id, Duration grace) {
            dispatcher.cancel(id, grace);
        }

        @Override
        public Optional<EventSource> follow(TaskId id, TaskWatcher watcher) {
            return dispatcher.watchHere(id, watcher).map(Watch::source);
        }

        @Override
        public Uni<Void> deliver(TaskId id, byte[] frame) {
            return dispatcher.sendHere(id, frame, () -> {});
        }
    }
}
