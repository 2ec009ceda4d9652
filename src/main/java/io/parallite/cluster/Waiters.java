package io.parallite.cluster;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who waits on this node for tasks of the cluster.
 *
 * <p>That something is published is not relied on: this node is subscribed before a task's state is
 * read, and reads it again whenever the connection was away. Owned by the engine's thread.
 */
final class Waiters {

    private final TaskStore store;
    private final Map<TaskId, Set<UniEmitter<? super TaskResult>>> waiting = new HashMap<>();
    private final Set<TaskId> unread = new HashSet<>();

    Waiters(TaskStore store) {
        this.store = store;
    }

    /**
     * The result of a task, now or when it is there; {@code NOT_FOUND} when there is no such task.
     * While Redis is away it waits on. Cancelling leaves the task alone.
     */
    Uni<TaskResult> await(TaskId id) {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            add(id, emitter);
                            look(id);
                        });
    }

    /** The same for a task that is being stored by this node, which is told of its end. */
    Uni<TaskResult> expect(TaskId id) {
        return Uni.createFrom().emitter(emitter -> add(id, emitter));
    }

    private void add(TaskId id, UniEmitter<? super TaskResult> emitter) {
        waiting.computeIfAbsent(id, any -> new LinkedHashSet<>()).add(emitter);
        emitter.onTermination(() -> forget(id, emitter));
    }

    private void forget(TaskId id, UniEmitter<? super TaskResult> emitter) {
        Set<UniEmitter<? super TaskResult>> others = waiting.get(id);
        if (others != null && others.remove(emitter) && others.isEmpty()) {
            waiting.remove(id);
        }
    }

    /** The task has ended, somebody says. */
    void onDone(TaskId id) {
        if (waiting.containsKey(id)) {
            look(id);
        }
    }

    /** The task has ended as is told. */
    void onEnded(Ended task) {
        if (waiting.containsKey(task.id())) {
            complete(task.id(), store.result(task));
        }
    }

    /** Reads the states of all that is waited for. */
    void lookAtAll() {
        unread.clear();
        List.copyOf(waiting.keySet()).forEach(this::look);
    }

    /** Reads the states again that could not be read when they were asked for. */
    void lookAgain() {
        List<TaskId> missed = List.copyOf(unread);
        unread.clear();
        missed.stream().filter(waiting::containsKey).forEach(this::look);
    }

    private void look(TaskId id) {
        store.await(id)
                .subscribe()
                .with(outcome -> onOutcome(id, outcome), failure -> unread.add(id));
    }

    private void onOutcome(TaskId id, TaskStore.Outcome outcome) {
        switch (outcome) {
            case TaskStore.Outcome.Pending() -> {}
            case TaskStore.Outcome.Ended(TaskResult result) -> complete(id, result);
            case TaskStore.Outcome.Unknown() ->
                    complete(
                            id,
                            new TaskResult.Failed(
                                    FailureKind.NOT_FOUND,
                                    "no task \"%s\" is in flight or retained here or in the cluster; it was never submitted, or its result has expired"
                                            .formatted(id)));
        }
    }

    private void complete(TaskId id, TaskResult result) {
        Set<UniEmitter<? super TaskResult>> all = waiting.remove(id);
        if (all != null) {
            all.forEach(emitter -> emitter.complete(result));
        }
    }

    /** How many tasks are waited for. */
    int size() {
        return waiting.size();
    }
}
