package io.parallite.cluster.store;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;

/** Redis cannot be reached, or has refused the request; whether it was executed is unknown. */
public final class LinkDownException extends TaskException {

    private static final long serialVersionUID = 1L;

    /** A failure for this reason, a sentence without a full stop. */
    public LinkDownException(String why) {
        super(
                FailureKind.CLUSTER_UNAVAILABLE,
                "the cluster's Redis is not available: %s; submit again under the same task_id"
                        .formatted(why));
    }
}
