package io.parallite.server;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import io.parallite.task.TaskId;
import io.parallite.wire.Reply;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A submit that is refused because its client has all that one may have. */
final class QuotaExceededException extends TaskException {

    private static final long serialVersionUID = 1L;

    private final transient TaskId task;
    private final Quotas.Bound bound;
    private final @Nullable Duration retryAfter;

    /**
     * @param retryAfter when the submit would be admitted; {@code null} when that cannot be known
     */
    QuotaExceededException(
            TaskId task, Quotas.Bound bound, String message, @Nullable Duration retryAfter) {
        super(FailureKind.QUOTA_EXCEEDED, message);
        this.task = task;
        this.bound = bound;
        this.retryAfter = retryAfter;
    }

    Reply toReply() {
        return Reply.quotaExceeded(task, explanation(), bound.setting(), retryAfter);
    }
}
