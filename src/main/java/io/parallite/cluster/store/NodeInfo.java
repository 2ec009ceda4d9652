package io.parallite.cluster.store;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The identity of this node.
 *
 * @param id a name that is unique to this process, and new after a restart
 * @param startedAt milliseconds since the epoch
 */
public record NodeInfo(String id, String host, long pid, String version, long startedAt) {

    /** This process. */
    public static NodeInfo of(String version, long now) {
        String host = hostName();
        long pid = ProcessHandle.current().pid();
        String mark = Integer.toHexString(RandomGenerator.getDefault().nextInt() | 1 << 31);
        return new NodeInfo(host + "-" + pid + "-" + mark, host, pid, version, now);
    }

    private static String hostName() {
        String name = Optional.ofNullable(System.getenv("HOSTNAME")).orElseGet(NodeInfo::lookedUp);
        return name.replaceAll("[^A-Za-z0-9_.-]", "_");
    }

    private static String lookedUp() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unnamed";
        }
    }
}
