package io.parallite.cluster;

import io.parallite.cluster.store.Ended;
import io.parallite.cluster.store.TaskStore;
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
 * The clients of this node that wait for tasks of the cluster.
 *
 * <p>Notifications may be lost: this node subscribes before it reads the state of a task, and reads
 * it again after each reconnect. Owned by the engine's thread.
 */
final class Waiters {

    private final TaskStore store;
    private final Map<TaskId, Set<UniEmitter<? super TaskResult>>> waiting = new HashMap<>();
    private final Set<TaskId> unread = new HashSet<>();

    Waiters(TaskStore store) {
        this.store = store;
    }

    /**
     * The result of a task, now or when it has ended; {@code NOT_FOUND} when there is no such task.
     * Keeps waiting while Redis is unreachable. Cancelling does not affect the task.
     */
    Uni<TaskResult> await(TaskId id) {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            add(id, emitter);
                            look(id);
                        });
    }

    /** The same for a task that this node is storing; Redis will notify it of the end. */
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

    /** A notification without an outcome says that the task has ended. */
    void onDone(TaskId id) {
        if (waiting.containsKey(id)) {
            look(id);
        }
    }

    /** A notification has the outcome of the task. */
    void onEnded(Ended task) {
        if (waiting.containsKey(task.id())) {
            complete(task.id(), store.result(task));
        }
    }

    /** Reads the states of all awaited tasks. */
    void lookAtAll() {
        unread.clear();
        List.copyOf(waiting.keySet()).forEach(this::look);
    }

    /** Reads the states again that could not be read before. */
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
