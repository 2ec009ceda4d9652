package io.parallite.cluster;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;

/** Redis cannot be reached, or has refused the request; whether it was executed is unknown. */
final class LinkDownException extends TaskException {

    private static final long serialVersionUID = 1L;

    LinkDownException(String why) {
        super(
                FailureKind.CLUSTER_UNAVAILABLE,
                "the cluster's Redis is not available: %s; submit again under the same task_id"
                        .formatted(why));
    }
}
