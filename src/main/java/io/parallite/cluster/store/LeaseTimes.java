package io.parallite.cluster.store;

import java.time.Duration;

/**
 * How long a lease is valid without a renewal, and the intervals that follow from it. All nodes of
 * a cluster have the same: 15 s. Tests that wait for leases to expire shorten it by the system
 * property {@value #PROPERTY}.
 *
 * @param validity after it other nodes take over a task, or count it as lost
 */
public record LeaseTimes(Duration validity) {

    private static final String PROPERTY = "parallite.cluster.lease_ms";
    private static final long USUAL_MILLIS = 15_000;

    /** Those of this process. */
    public static LeaseTimes usual() {
        return new LeaseTimes(Duration.ofMillis(Long.getLong(PROPERTY, USUAL_MILLIS)));
    }

    /** The interval of heartbeats, and of looks for expired leases. */
    public Duration interval() {
        return validity.dividedBy(3);
    }

    /**
     * How long after its last heartbeat a node ends the tasks that must run once. Without any
     * heartbeat for so long, Redis was unreachable.
     */
    public Duration fence() {
        return interval().multipliedBy(2);
    }
}
