package io.parallite.wire;

import io.parallite.task.FailureKind;
import org.jspecify.annotations.Nullable;

/**
 * What the daemon reads of a worker's reply.
 *
 * @param taskId whose reply it is; {@code null} when the worker could not read whose, which only a
 *     failure may say
 * @param ok whether the task succeeded
 * @param workerEnds whether the worker says that it takes no further task, as it must after {@code
 *     exit()} or a fatal error in a closure
 */
public record ReplyEnvelope(@Nullable String taskId, boolean ok, boolean workerEnds) {

    /**
     * @throws RequestException of kind {@link FailureKind#MALFORMED_FRAME} when what must be there
     *     is not
     */
    static ReplyEnvelope of(@Nullable String taskId, @Nullable Boolean ok, boolean workerEnds) {
        if (ok == null || ok && taskId == null) {
            throw new RequestException(
                    FailureKind.MALFORMED_FRAME, "reply without task_id or ok", taskId);
        }
        return new ReplyEnvelope(taskId, ok, workerEnds);
    }
}
