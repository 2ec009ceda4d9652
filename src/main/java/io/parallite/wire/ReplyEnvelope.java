package io.parallite.wire;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskFailure;
import org.jspecify.annotations.Nullable;

/**
 * What the daemon reads of a worker's frame, which is a reply or an event.
 *
 * @param taskId whose reply it is; {@code null} when the worker could not read whose, which only a
 *     failure may say
 * @param ok whether the task succeeded
 * @param workerEnds whether the worker says that it takes no further task, as it must after {@code
 *     exit()} or a fatal error in a closure
 * @param failure what it says of why the task failed; {@code null} when it did not
 * @param event what kind of event it is; {@code null} for a reply, which has an {@code ok}
 */
public record ReplyEnvelope(
        @Nullable String taskId,
        boolean ok,
        boolean workerEnds,
        @Nullable TaskFailure failure,
        @Nullable String event) {

    /**
     * @throws RequestException of kind {@link FailureKind#MALFORMED_FRAME} when what must be there
     *     is not
     */
    static ReplyEnvelope of(
            @Nullable String taskId,
            @Nullable Boolean ok,
            boolean workerEnds,
            @Nullable FailureFields failure,
            @Nullable String event) {
        if (ok == null && event != null && taskId != null) {
            return new ReplyEnvelope(taskId, false, false, null, event);
        }
        if (ok == null || (ok && taskId == null)) {
            throw new RequestException(
                    FailureKind.MALFORMED_FRAME, "reply without task_id or ok", taskId);
        }
        return new ReplyEnvelope(
                taskId, ok, workerEnds, ok ? null : FailureFields.read(failure), null);
    }
}
