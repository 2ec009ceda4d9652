package io.parallite.cli;

import io.parallite.cluster.store.ClusterSettings;
import io.parallite.cluster.store.ServerProbe;
import io.parallite.cluster.store.ServerReport;
import io.parallite.config.RedisAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The Redis of the cluster, where the daemon is to be a node of one. */
final class ClusterCheck {

    private static final String TOPIC = "cluster";
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private ClusterCheck() {}

    /** The findings about the Redis of {@code settings}. */
    static List<Finding> look(ClusterSettings settings) {
        RedisAddress address = settings.redis();
        try {
            ServerReport server = ServerProbe.look(address, settings.encryption(), PATIENCE);
            List<Finding> findings = new ArrayList<>();
            findings.add(
                    Finding.ok(
                            TOPIC,
                            "Redis %s answers at %s"
                                    .formatted(server.version(), address.described())));
            for (String problem : server.problems()) {
                int semicolon = problem.indexOf("; ");
                findings.add(
                        Finding.warn(
                                TOPIC,
                                problem.substring(0, semicolon),
                                problem.substring(semicolon + 2)));
            }
            return findings;
        } catch (IOException e) {
            return List.of(
                    Finding.warn(
                            TOPIC,
                            "Redis at %s cannot be used: %s"
                                    .formatted(address.described(), e.getMessage()),
                            "start it, or correct cluster_url: detached tasks are refused until then"));
        }
    }
}
