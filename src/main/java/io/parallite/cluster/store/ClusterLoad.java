package io.parallite.cluster.store;

/**
 * The waiting and running tasks of this node's release, as of its last heartbeat.
 *
 * @param high tasks that wait, of high priority
 * @param normal the same of normal priority
 * @param low the same of low priority
 * @param running tasks that run on some node
 * @param dead dead letters of all releases
 * @param nodes living nodes of all releases
 */
public record ClusterLoad(long high, long normal, long low, long running, long dead, long nodes) {

    /** Before the first heartbeat. */
    public static final ClusterLoad UNKNOWN = new ClusterLoad(0, 0, 0, 0, 0, 0);

    /** How many tasks wait. */
    public long waiting() {
        return high + normal + low;
    }
}
