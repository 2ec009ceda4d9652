package io.parallite.dispatch;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskFailure;
import io.parallite.task.TaskResult;
import io.parallite.wire.Encoding;
import org.jspecify.annotations.Nullable;

/** What results say of why they are failures. */
final class Failures {

    private Failures() {}

    /** Why the task failed; {@code null} when it did not. */
    static @Nullable TaskFailure in(TaskResult result) {
        return switch (result) {
            case TaskResult.Replied(byte[] frame, boolean ok) ->
                    ok ? null : Encoding.of(frame).decodeReply(frame).failure();
            case TaskResult.Failed(FailureKind kind, String message) ->
                    new TaskFailure(kind.name(), message);
        };
    }
}
