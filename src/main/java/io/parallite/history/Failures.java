package io.parallite.history;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskFailure;
import io.parallite.task.TaskResult;
import io.parallite.wire.Encoding;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Extracts from the result of a task why it failed, and the details. */
public final class Failures {

    /** The error codes by which a worker refuses a request. */
    private static final Set<String> REFUSALS =
            Set.of("INVALID_REQUEST", "INVALID_PAYLOAD", "MALFORMED_FRAME");

    private Failures() {}

    /** Why the task failed; {@code null} when it did not. */
    public static @Nullable TaskFailure in(TaskResult result) {
        return switch (result) {
            case TaskResult.Replied(byte[] frame, boolean ok) ->
                    ok ? null : Encoding.of(frame).decodeReply(frame).failure();
            case TaskResult.Failed(FailureKind kind, String message) ->
                    new TaskFailure(kind.name(), message);
        };
    }

    /** A task that was refused has not been tried: its client may well submit it again. */
    public static boolean isWorthRetaining(TaskResult result) {
        return switch (result) {
            case TaskResult.Replied ignored -> true;
            case TaskResult.Failed(FailureKind kind, String ignored) -> kind.endsATaskThatRan();
        };
    }

    /** Whether its worker refused the task, and did not run it. */
    public static boolean isRefusal(TaskResult result) {
        if (!(result instanceof TaskResult.Replied(byte[] ignored, boolean ok)) || ok) {
            return false;
        }
        TaskFailure failure = in(result);
        return failure != null && REFUSALS.contains(failure.code());
    }

    /** Whether the task has failed by itself; see {@link FailureKind#isTaskFailure}. */
    public static boolean isTaskFailure(TaskResult result) {
        return switch (result) {
            case TaskResult.Replied(byte[] ignored, boolean ok) -> !ok;
            case TaskResult.Failed(FailureKind kind, String ignored) -> kind.isTaskFailure();
        };
    }
}
