package io.parallite.cluster.store;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskFailure;
import io.parallite.task.TaskId;
import io.parallite.task.TaskProgress;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.parallite.wire.Events;
import org.jspecify.annotations.Nullable;

/** Reads the status of a task from the reply of {@link Script#STATUS} or {@link Script#FOLLOW}. */
final class Statuses {

    private Statuses() {}

    /** The status in {@code reply}. */
    static TaskStatus read(TaskId id, ScriptReply reply, Signer signer) {
        String executor = reply.at(4).text();
        String kind = reply.at(5).text();
        TaskStatus status =
                new TaskStatus(
                        id,
                        state(reply.at(0).text(), kind),
                        reply.at(1).whole(),
                        reply.at(2).whole(),
                        reply.at(3).whole(),
                        executor.isEmpty() ? null : executor);
        return status.withProgress(progress(id, reply, signer))
                .with(kind.isEmpty() ? null : new TaskFailure(kind, reply.at(6).text()));
    }

    private static @Nullable TaskProgress progress(TaskId id, ScriptReply reply, Signer signer) {
        byte[] frame = reply.at(7).bytes();
        boolean isOurs = Signer.matches(signer.ofProgress(id, frame), reply.at(8).bytes());
        return isOurs ? Events.progress(frame) : null;
    }

    /** A state by its name in Redis, and the kind of failure. */
    static TaskState state(String name, String kind) {
        if (kind.equals(FailureKind.CANCELLED.name())) {
            return TaskState.CANCELLED;
        }
        return switch (name) {
            case "queued", "delayed" -> TaskState.PENDING;
            case "running" -> TaskState.RUNNING;
            case "completed" -> TaskState.COMPLETED;
            default -> TaskState.FAILED;
        };
    }
}
