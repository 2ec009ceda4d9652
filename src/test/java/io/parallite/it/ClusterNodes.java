package io.parallite.it;

import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.cluster.store.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Daemons to be that share tasks over one Redis. */
final class ClusterNodes {

    /** Ms that a lease is good for: a third of what is usual, for tests wait for its end. */
    private static final int LEASE = Integer.getInteger("it.lease", 6_000);

    private static final String SECRET = "it-secret-it-secret-it-secret";

    private final RedisServer redis;
    private final Path directory;

    /**
     * @param directory where secrets go
     */
    ClusterNodes(RedisServer redis, Path directory) {
        this.redis = redis;
        this.directory = directory;
    }

    /** A node with so many workers, whose names begin with {@code name}. */
    DaemonBuilder builder(String name, int workers) {
        return builder(name, workers, SECRET);
    }

    /** The same with a secret of its own. */
    DaemonBuilder builder(String name, int workers, String secret) {
        String most = String.valueOf(workers);
        return daemon("--fixed-workers", most, "--max-workers", most, "--prefix-name", name)
                .jvm("-Dparallite.cluster.lease_ms=" + LEASE)
                .env("PARALLITE_CLUSTER_URL", redis.url())
                .env("PARALLITE_CLUSTER_SECRET_FILE", secretFile(name, secret).toString());
    }

    private Path secretFile(String name, String secret) {
        try {
            Path file = directory.resolve("secret of " + name);
            Files.writeString(file, secret + "\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Waits until {@code node} is a node of the cluster and at rest, and has it remember what it
     * holds then: all of its connections to Redis. One that is killed and made again meanwhile may
     * be missing.
     */
    static void awaitRest(DaemonProcess node) {
        do {
            awaitJoined(node);
            node.awaitRest();
        } while (!isConnected(node));
    }

    /** Waits until Redis has heard of {@code node}, and all of its connections are made. */
    static void awaitJoined(DaemonProcess node) {
        await().untilAsserted(
                        () -> {
                            try (TestClient client = node.connect()) {
                                Reply nodes = client.call(request("nodes", "nodes"));
                                assertThat(nodes.fields().toString())
                                        .contains("pid=" + node.pid() + ",");
                                assertThat(isConnected(client)).as("all connections").isTrue();
                            }
                        });
    }

    private static boolean isConnected(DaemonProcess node) {
        try (TestClient client = node.connect()) {
            return isConnected(client);
        }
    }

    private static boolean isConnected(TestClient client) {
        Reply cluster = new Reply(client.call(request("stats", "stats")).map("cluster"));
        return Boolean.TRUE.equals(cluster.fields().get("connected"));
    }
}
