package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.request;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.contentOf;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.parallite.wire.Encoding;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Values that tasks share: sent once, kept in files that workers read, gone when nobody uses them.
 */
final class SharedValuesIT {

    private static final String DIRECTORY = "getenv('PARALLITE_SHARED_VALUES')";

    private static final Path IN_MEMORY = Path.of("/dev/shm");

    private static final byte[] VALUE = {(byte) 0xff, 0, (byte) 0x80, '"', '\\', ':', 'p'};

    private static String hash(byte[] value) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(value));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static Map<String, Object> share(String hash) {
        return with(request("share", "share"), "hash", hash);
    }

    private static Map<String, Object> share(String hash, String payload) {
        return with(share(hash), "payload", payload);
    }

    private static Map<String, Object> shareBytes(byte[] value) {
        return with(
                share(hash(value), Base64.getEncoder().encodeToString(value)),
                "payload_encoding",
                "base64");
    }

    private static Map<String, Object> with(Map<String, Object> request, String field, Object of) {
        Map<String, Object> more = new HashMap<>(request);
        more.put(field, of);
        return more;
    }

    private static Map<String, Object> sharing(Map<String, Object> task, String... hashes) {
        return with(task, "shared", List.of(hashes));
    }

    private static String reading(String hash) {
        return closure(
                "fn() => bin2hex((string) @file_get_contents(%s . '/%s'))"
                        .formatted(DIRECTORY, hash));
    }

    private static Map<String, Object> shared(DaemonProcess daemon) {
        return daemon.stats().reply().map("shared");
    }

    private static Path directoryOf(TestClient client) {
        return Path.of((String) client.submit("where", closure("fn() => " + DIRECTORY)).result());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void workersReadWhatAClientHasSentOnce(boolean isBinary) {
        Encoding encoding = isBinary ? Encoding.MESSAGE_PACK : Encoding.JSON;
        try (DaemonProcess daemon = daemon("--fixed-workers", "2").startAtRest();
                TestClient client = daemon.connect(encoding);
                TestClient other = daemon.connect()) {
            String hash = hash(VALUE);
            assertThat(client.call(share(hash)).fields()).containsEntry("kept", false);
            assertThat(client.call(shareBytes(VALUE)).fields()).containsEntry("kept", true);
            assertThat(other.call(share(hash)).fields()).containsEntry("kept", true);

            client.call(sharing(task("a", reading(hash)), hash))
                    .assertResult(HexFormat.of().formatHex(VALUE));
            assertThat(shared(daemon)).containsEntry("values", 1).containsEntry("unused", 0);

            for (TestClient each : List.of(client, other)) {
                assertThat(each.call(with(request("unshare", "u"), "hash", hash)).fields())
                        .containsEntry("released", true);
            }
            assertThat(shared(daemon)).containsEntry("unused", 1);
        }
    }

    @Test
    void aValueOutlivesItsClientByTheTasksThatUseIt() throws IOException {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest()) {
            String hash = hash(VALUE);
            File gate = File.createTempFile("gate", null);
            try (TestClient client = daemon.connect()) {
                client.call(shareBytes(VALUE));
                String waits =
                        closure(
                                "function () { while (file_exists('%s')) { usleep(1000); clearstatcache(); } return md5_file(%s . '/%s'); }"
                                        .formatted(gate, DIRECTORY, hash));
                client.send(sharing(task("a", waits), hash));
                await().until(() -> daemon.stats().busy() == 1);
            }
            try (TestClient client = daemon.connect()) {
                assertThat(shared(daemon)).containsEntry("unused", 0);
                Files.delete(gate.toPath());
                assertThat(client.call(request("await", "a")).ok()).isTrue();
                await().untilAsserted(() -> assertThat(shared(daemon)).containsEntry("unused", 1));
            }
            daemon.assertRestored();
        }
    }

    @Test
    void refusesTasksWhoseValuesAreNotThere() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            String hash = hash(VALUE);
            client.call(sharing(task("a", "pi"), hash)).assertFailure("SHARED_GONE", hash);
            client.call(sharing(task("a", "pi"), "no hash"))
                    .assertFailure("INVALID_REQUEST", "SHA-256");
            client.call(with(task("a", "pi"), "shared", hash))
                    .assertFailure("INVALID_REQUEST", "shared must be a list of strings");
            client.call(with(task("a", "pi"), "shared", List.of(1)))
                    .assertFailure("INVALID_REQUEST", "shared must be a list of strings");
            client.submit("a", "pi").assertResult(Math.PI);
            daemon.assertRestored();
        }
    }

    @Test
    void refusesWhatIsNotTheValueItClaimsToBe() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            String hash = hash(VALUE);
            client.call(share(hash, "something else"))
                    .assertFailure("INVALID_REQUEST", hash, "is not that of the value");
            client.call(with(share(hash, "§"), "payload_encoding", "base64"))
                    .assertFailure("INVALID_REQUEST", "not in base64");
            client.call(with(share(hash, "x"), "payload_encoding", "hex"))
                    .assertFailure("INVALID_REQUEST", "payload_encoding \"hex\" is unknown");
            client.call(share("../../../etc/passwd", "x"))
                    .assertFailure("INVALID_REQUEST", "hash must be");
            client.call(with(share(hash), "payload", List.of(1)))
                    .assertFailure("INVALID_REQUEST", "payload must be a string");
            client.call(request("share", "s")).assertFailure("INVALID_REQUEST", "hash must be");

            assertThat(shared(daemon)).containsEntry("values", 0).containsEntry("bytes", 0);
        }
    }

    @Test
    void boundsWhatClientsKeep() {
        byte[] large = "x".repeat(600_000).getBytes(StandardCharsets.UTF_8);
        byte[] other = "y".repeat(600_000).getBytes(StandardCharsets.UTF_8);
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--shared-bytes", "1000000").startAtRest();
                TestClient client = daemon.connect()) {
            assertThat(client.call(shareBytes(large)).ok()).isTrue();

            client.call(shareBytes(other)).assertFailure("BUDGET_EXCEEDED", "shared_bytes=1000000");

            client.call(with(request("unshare", "u"), "hash", hash(large)));
            assertThat(client.call(shareBytes(other)).ok()).isTrue();
            assertThat(client.call(share(hash(large))).fields()).containsEntry("kept", false);
            assertThat(shared(daemon)).containsEntry("values", 1);
        }
    }

    @Test
    void leavesNothingBehind() throws IOException {
        Path directory;
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            client.call(shareBytes(VALUE));
            directory = directoryOf(client);
            assertThat(contentOf(directory.resolve(hash(VALUE)).toFile())).endsWith(":p");
        }
        assertThat(directory).doesNotExist();

        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            client.call(shareBytes(VALUE));
            directory = directoryOf(client);
            daemon.killHard();
        }
        assumeThat(directory).as("else it is in the killed daemon's own").startsWithRaw(IN_MEMORY);
        try (DaemonProcess next = daemon("--fixed-workers", "1").startAtRest()) {
            assertThat(directory).as("left by %s", next).doesNotExist();
        }
    }
}
