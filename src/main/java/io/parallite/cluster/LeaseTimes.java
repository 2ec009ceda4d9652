package io.parallite.cluster;

import java.time.Duration;

/**
 * How long a lease is good that nobody renews, and what follows from it. All nodes of a cluster
 * have the same: 15 s. Tests that wait for leases to run out shorten it by the system property
 * {@value #PROPERTY}.
 *
 * @param validity after it others take over a task, or take it for lost
 */
record LeaseTimes(Duration validity) {

    private static final String PROPERTY = "parallite.cluster.lease_ms";
    private static final long USUAL_MILLIS = 15_000;

    /** Those of this process. */
    static LeaseTimes usual() {
        return new LeaseTimes(Duration.ofMillis(Long.getLong(PROPERTY, USUAL_MILLIS)));
    }

    /** Between two heartbeats, and between two looks for leases that have run out. */
    Duration interval() {
        return validity.dividedBy(3);
    }

    /**
     * How long after its last heartbeat a node ends the tasks that must run once; without any
     * heartbeat for so long, Redis has been away.
     */
    Duration fence() {
        return interval().multipliedBy(2);
    }
}
