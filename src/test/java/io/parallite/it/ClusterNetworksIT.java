package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.TestClient.request;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.cluster.store.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three daemons, each in a network of its own, that reach Redis over TLS until they are cut off.
 */
@DisplayName("A cluster of daemons whose network breaks")
final class ClusterNetworksIT {

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    @TempDir Path directory;
    private NetworkNamespaces networks;
    private RedisServer redis;
    private final List<DaemonProcess> nodes = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        networks = NetworkNamespaces.make(3);
        Certificates.make(directory, networks.outerAddresses().toArray(String[]::new));
        redis = RedisServer.startWithTls(directory, networks.outerAddresses());
    }

    @AfterEach
    void stopAll() {
        nodes.forEach(DaemonProcess::close);
        if (redis != null) {
            redis.close();
        }
        if (networks != null) {
            networks.close();
        }
    }

    private DaemonBuilder builder(String name, int network, int workers) {
        String address = networks.outerAddress(network);
        return new ClusterNodes(redis, directory)
                .builder(name, workers)
                .under(networks.under(network))
                .env("PARALLITE_CLUSTER_URL", redis.tlsUrl("default", redis.password(), address))
                .env("PARALLITE_CLUSTER_CA_FILE", directory.resolve("ca.pem").toString())
                .env(
                        "PARALLITE_CLUSTER_CERTIFICATE_FILE",
                        directory.resolve("client.pem").toString())
                .env("PARALLITE_CLUSTER_KEY_FILE", directory.resolve("client.key").toString());
    }

    private DaemonProcess node(DaemonBuilder builder) {
        DaemonProcess node = builder.startAtRest();
        nodes.add(node);
        ClusterNodes.awaitRest(node);
        return node;
    }

    /**
     * Notes who runs it, and on the first node waits until the test says so. What it returns is the
     * worker's name.
     */
    private String waitingOnTheFirst(String id) {
        return closure(
                ("function () { file_put_contents('%1$s/trace', '%2$s ' . getenv('WORKER_NAME') . \"\\n\", FILE_APPEND | LOCK_EX);"
                                + " while (str_starts_with(getenv('WORKER_NAME'), 'one-') && !file_exists('%1$s/go')) { clearstatcache(); usleep(5000); }"
                                + " return getenv('WORKER_NAME'); }")
                        .formatted(directory, id));
    }

    private List<String> trace() {
        try {
            Path file = directory.resolve("trace");
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void accept(TestClient client, Map<String, Object> submit) {
        submit.put("detach", true);
        assertThat(client.call(submit).fields()).as("acknowledgement").containsEntry("ok", true);
    }

    private static Reply clusterOf(TestClient client) {
        return new Reply(client.call(request("stats", "stats")).map("cluster"));
    }

    @Test
    void endsAndRepeatsTheTasksOfANodeThatIsCutOffForLongerThanALease() throws IOException {
        DaemonProcess one = node(builder("one", 0, 2));
        TestClient onOne = one.connect();
        Map<String, Object> once = task("once", waitingOnTheFirst("once"));
        once.put("at_most_once", true);
        accept(onOne, once);
        accept(onOne, task("again", waitingOnTheFirst("again")));
        await().atMost(PATIENCE).until(() -> trace().size() == 2);
        DaemonProcess two = node(builder("two", 1, 1));
        DaemonProcess three = node(builder("three", 2, 1));
        TestClient onTwo = two.connect();

        networks.cut(0);

        onTwo.call(request("await", "once")).assertFailure("NODE_LOST", "is not run again");
        String other = String.valueOf(onTwo.call(request("await", "again")).result());
        assertThat(other).isIn("two-1", "three-1");
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(one.log())
                                        .contains("a task that must run once is ended task=once"));
        assertThat(onOne.submit("local", closure("fn () => 'goes on'")).result())
                .isEqualTo("goes on");

        Files.createFile(directory.resolve("go"));
        await().atMost(PATIENCE)
                .until(() -> clusterOf(onOne).fields().get("undelivered").equals(1));
        networks.join(0);

        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(clusterOf(onOne).fields())
                                        .containsEntry("connected", true)
                                        .containsEntry("undelivered", 0)
                                        .containsEntry("refused", 1));
        for (DaemonProcess node : List.of(one, two, three)) {
            try (TestClient client = node.connect()) {
                client.call(request("await", "again")).assertResult(other);
                client.call(request("await", "once")).assertFailure("NODE_LOST");
            }
            node.assertRestored();
        }
        assertThat(trace())
                .hasSize(3)
                .contains("again " + other)
                .filteredOn(line -> line.startsWith("once "))
                .hasSize(1);
    }

    @Test
    void losesAndRepeatsNothingWhenANodeIsCutOffForLessThanALease() throws IOException {
        String longLease = "-Dparallite.cluster.lease_ms=30000";
        DaemonProcess one = node(builder("one", 0, 2).jvm(longLease));
        TestClient onOne = one.connect();
        Map<String, Object> once = task("once", waitingOnTheFirst("once"));
        once.put("at_most_once", true);
        accept(onOne, once);
        accept(onOne, task("again", waitingOnTheFirst("again")));
        await().atMost(PATIENCE).until(() -> trace().size() == 2);
        DaemonProcess two = node(builder("two", 1, 1).jvm(longLease));
        DaemonProcess three = node(builder("three", 2, 1).jvm(longLease));
        TestClient onTwo = two.connect();
        onTwo.send(request("await", "again"));

        networks.cut(0);
        Files.createFile(directory.resolve("go"));
        await().atMost(PATIENCE)
                .until(() -> clusterOf(onOne).fields().get("undelivered").equals(2));
        accept(onTwo, task("meanwhile", waitingOnTheFirst("meanwhile")));
        assertThat(String.valueOf(onTwo.call(request("await", "meanwhile")).result()))
                .isIn("two-1", "three-1");
        networks.join(0);

        assertThat(String.valueOf(onTwo.receive("again").result())).startsWith("one-");
        assertThat(String.valueOf(onTwo.call(request("await", "once")).result()))
                .startsWith("one-");
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(clusterOf(onOne).fields())
                                        .containsEntry("connected", true)
                                        .containsEntry("undelivered", 0)
                                        .containsEntry("refused", 0)
                                        .containsEntry("lost", 0));
        assertThat(trace()).hasSize(3);
        for (DaemonProcess node : List.of(one, two, three)) {
            node.assertRestored();
        }
    }
}
