package io.parallite.dispatch;

import io.parallite.cluster.Cluster;
import io.parallite.task.EventSource;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskStatus;
import io.parallite.task.TaskWatcher;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A task of this daemon while other nodes may run it: its events come, and its messages go, over
 * the cluster. Owned by the engine's thread.
 */
final class RemoteRun implements TaskWatcher {

    private final Cluster cluster;
    private final TaskRun run;
    private final TaskId id;
    private @Nullable EventSource source;
    private boolean isOver;

    RemoteRun(Cluster cluster, TaskRun run) {
        this.cluster = cluster;
        this.run = run;
        this.id = run.task().id();
    }

    /** The task's result; empty when it is to run here. Cancelling cancels it wherever it is. */
    Uni<Optional<TaskResult>> begin() {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            Cancellable attempt =
                                    cluster.elsewhere(run.sent(), this, run.watchers() > 0)
                                            .subscribe()
                                            .with(emitter::complete, emitter::fail);
                            emitter.onTermination(attempt::cancel);
                            if (!isOver) { // messages go behind the task
                                source = cluster.events(id).orElse(null);
                                run.goElsewhere(this);
                            }
                        });
    }

    /** The task has one more watcher. */
    void onWatched(boolean output) {
        if (source == null) {
            source = cluster.follow(id, this);
        } else if (output) {
            cluster.followMore(id);
        }
    }

    /** The last watcher of the task has gone. */
    void onUnwatched() {
        EventSource left = source;
        source = null;
        if (left != null) {
            left.remove(this);
        }
    }

    /** A watcher accepts events again, or accepts no more for now. */
    void holdOrRelease() {
        EventSource from = source;
        if (from != null) {
            from.holdOrRelease();
        }
    }

    /** Sends a message to the task; completes when its worker has received it. */
    Uni<Void> send(byte[] frame) {
        return cluster.send(id, frame);
    }

    /** The task is to run here. */
    void comeBack() {
        isOver = true;
        source = null;
        cluster.forget(id);
        run.comeBack();
    }

    @Override
    public void onStarted(TaskStatus status) {
        run.onStartedElsewhere(status);
    }

    @Override
    public void onEvent(String name, byte[] frame) {
        run.onEvent(name, frame);
    }

    @Override
    public boolean wantsOutput() {
        return run.wantsOutput();
    }

    @Override
    public boolean isBehind() {
        return run.isBehind();
    }
}
