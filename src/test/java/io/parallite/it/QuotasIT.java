package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.deploy.Tool;
import io.parallite.wire.Encoding;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What one client may have in flight and submit, and that others do not notice when it is more. */
final class QuotasIT {

    private static final String LONG = closure("fn () => sleep(600)");
    private static final String ONE = closure("fn () => 1");
    private static final String THROWS = closure("fn () => throw new Exception('no')");
    private static final String OWN = "uid:" + Tool.tool("id", "-u").run().output().strip();

    private static DaemonBuilder with(String quotas) {
        return daemon("--fixed-workers", "2").json("{" + quotas + "}");
    }

    private static Map<String, Object> detached(String id, String payload) {
        Map<String, Object> task = TestClient.task(id, payload);
        task.put("detach", true);
        return task;
    }

    private static Optional<Reply> figures(DaemonProcess daemon, String client) {
        return new Reply(daemon.stats().reply().map("clients"))
                .list("by_identity").stream()
                        .map(Reply::new)
                        .filter(each -> each.text("client").equals(client))
                        .findFirst();
    }

    private static long tasks(DaemonProcess daemon, String client) {
        return figures(daemon, client).map(each -> each.number("tasks")).orElse(0L);
    }

    @Test
    void boundsTheTasksOfAllConnectionsOfAUserAndOfNobodyElse() throws IOException {
        Assumptions.assumeTrue(OWN.equals("uid:0"), "only root can become another user");
        DaemonBuilder builder =
                with("\"quota_tasks\": 2, \"max_workers\": 6").flags("--socket-mode", "0666");
        try (DaemonProcess daemon = builder.startAtRest()) {
            Files.setPosixFilePermissions(
                    daemon.directory(), PosixFilePermissions.fromString("rwxr-xr-x"));
            try (TestClient one = daemon.connect();
                    TestClient two = daemon.connect(Encoding.MESSAGE_PACK)) {
                one.send(TestClient.task("a", LONG)).send(TestClient.task("b", LONG));
                await().until(() -> tasks(daemon, OWN) == 2);

                for (TestClient client : List.of(one, two)) {
                    Reply refused = client.submit("c", ONE);
                    refused.assertFailure(
                            "QUOTA_EXCEEDED",
                            "client uid:0 has 2 tasks in flight and quota_tasks=2",
                            "raise quota_tasks");
                    assertThat(refused.text("quota")).isEqualTo("quota_tasks");
                    assertThat(client.call(TestClient.request("ping", "p")).ok())
                            .as("the connection goes on")
                            .isTrue();
                }
                two.send(TestClient.task("a", LONG)); // joins, and counts no more

                assertThat(as("nobody", daemon, detached("n", LONG))).contains("\"accepted\":true");
                assertThat(as("nobody", daemon, detached("m", ONE))).contains("\"accepted\":true");
                await().until(() -> tasks(daemon, "uid:65534") == 1);
                Map<String, Object> child = TestClient.task("child", ONE);
                child.put("parent", "n");
                two.call(child).assertResult(1);
                child.put("task_id", "long-child");
                child.put("payload", LONG);
                one.send(child);
                await().until(() -> tasks(daemon, "uid:65534") == 2);
                assertThat(as("nobody", daemon, detached("o", ONE)))
                        .as("a task of its task is its own")
                        .contains("QUOTA_EXCEEDED", "client uid:65534");

                assertThat(
                                Cli.in(builder.project())
                                        .run("status", "--socket", "" + daemon.socket())
                                        .out())
                        .containsPattern("client +uid:0, 3 connections, 2 tasks of .*, 2 refused")
                        .containsPattern(
                                "client +uid:65534, 0 connections, 2 tasks of .*, 1 refused");
                cancel(daemon, "a", "b", "n");
                await().until(() -> tasks(daemon, OWN) == 0);
                two.submit("c", ONE).assertResult(1);
                await().until(() -> tasks(daemon, "uid:65534") == 0);
            }
            daemon.assertRestored();
        }
    }

    private static void cancel(DaemonProcess daemon, String... ids) {
        try (TestClient client = daemon.connect()) {
            for (String id : ids) {
                assertThat(client.call(TestClient.request("cancel", id)).ok()).isTrue();
            }
        }
    }

    /** One request of another user, and what is answered. */
    private static String as(String user, DaemonProcess daemon, Map<String, Object> request) {
        String json =
                new String(Encoding.JSON.encode(request), StandardCharsets.UTF_8).substring(4);
        String program =
                "$s = stream_socket_client('unix://%s'); $j = base64_decode('%s'); fwrite($s, pack('N', strlen($j)) . $j); echo substr(fread($s, 4096), 4);"
                        .formatted(
                                daemon.socket(),
                                Base64.getEncoder()
                                        .encodeToString(json.getBytes(StandardCharsets.UTF_8)));
        return Tool.tool("setpriv", "--reuid=" + user, "--clear-groups", "php", "-n", "-r", program)
                .run()
                .output();
    }

    @Test
    void releasesHoweverATaskEnds() {
        try (DaemonProcess daemon = with("\"quota_tasks\": 1").startAtRest();
                TestClient client = daemon.connect()) {
            Map<String, Object> timed = TestClient.task("timed", LONG);
            timed.put("timeout_ms", 50);
            List<Map<String, Object>> failing =
                    List.of(
                            TestClient.task("throws", THROWS),
                            TestClient.task("exits", closure("fn () => exit(3)")),
                            TestClient.task("dies", closure("fn () => posix_kill(getmypid(), 9)")),
                            timed);
            List<String> codes = List.of("EXCEPTION", "EXITED", "WORKER_CRASHED", "TIMEOUT");
            for (int i = 0; i < failing.size(); i++) {
                client.call(failing.get(i)).assertFailure(codes.get(i));
                await().until(() -> tasks(daemon, OWN) == 0);
            }
            client.submit("throws", THROWS).assertFailure("EXCEPTION"); // from the cache
            try (TestClient gone = daemon.connect()) {
                Map<String, Object> task = TestClient.task("left", LONG);
                task.put("on_disconnect", "cancel");
                gone.send(task);
                await().until(() -> tasks(daemon, OWN) == 1);
            }
            await().until(() -> tasks(daemon, OWN) == 0);
            try (TestClient gone = daemon.connect()) {
                gone.call(detached("detached", LONG));
            }
            client.submit("more", ONE).assertFailure("QUOTA_EXCEEDED");
            client.submit("detached", LONG.replace("600", "601")).assertFailure("CONFLICT");
            cancel(daemon, "detached");
            await().until(() -> tasks(daemon, OWN) == 0);
            client.submit("more", ONE).assertResult(1);
            daemon.assertRestored();
        }
    }

    @Test
    void boundsBytesInFlight() {
        try (DaemonProcess daemon = with("\"quota_bytes\": 20000").startAtRest();
                TestClient client = daemon.connect()) {
            client.send(TestClient.task("a", LONG));
            Map<String, Object> large = TestClient.task("b", ONE);
            large.put("context", "x".repeat(20_000));
            Reply refused = client.call(large);
            refused.assertFailure("QUOTA_EXCEEDED", "quota_bytes=20000");
            assertThat(refused.text("quota")).isEqualTo("quota_bytes");
            assertThat(refused.fields()).doesNotContainKey("retry_after_ms");
            client.submit("c", ONE).assertResult(1);
            cancel(daemon, "a");
            daemon.assertRestored();
        }
    }

    @Test
    void boundsTheRateAndSaysWhenToComeBack() {
        try (DaemonProcess daemon = with("\"quota_tasks_per_second\": 3").startAtRest();
                TestClient client = daemon.connect()) {
            ByteArrayOutputStream burst = new ByteArrayOutputStream();
            for (int i = 0; i < 50; i++) {
                burst.writeBytes(Encoding.JSON.encode(TestClient.task("t" + i, ONE)));
            }
            client.sendBytes(burst.toByteArray());
            List<Reply> refused = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                Reply reply = client.receive("t" + i);
                if (i < 3) {
                    reply.assertResult(1);
                } else if (!reply.ok()) {
                    refused.add(reply);
                }
            }
            assertThat(refused)
                    .isNotEmpty()
                    .allSatisfy(
                            reply -> {
                                reply.assertFailure("QUOTA_EXCEEDED", "quota_tasks_per_second=3");
                                assertThat(reply.number("retry_after_ms")).isBetween(1L, 334L);
                            });
            await().until(() -> client.submit("later", ONE).ok());
            assertThat(daemon.stats().reply().map("clients").toString())
                    .contains("quota_tasks_per_second=");
            daemon.assertRestored();
        }
    }

    @Test
    void tellsClientsOnTcpByTheirTokens() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        String web = "0123456789abcdef-web";
        String batch = "0123456789abcdef-batch";
        DaemonBuilder builder =
                with("\"quota_tasks\": 1, \"auth_token_file\": \"token\", \"listen\": [\"127.0.0.1:%d\"]"
                                .formatted(port))
                        .file("token", "web %s\nbatch %s\n".formatted(web, batch));
        try (DaemonProcess daemon = builder.startAtRest()) {
            try (TestClient one = loopback(port, web);
                    TestClient two = loopback(port, web);
                    TestClient other = loopback(port, batch)) {
                one.send(TestClient.task("a", LONG));
                await().until(() -> tasks(daemon, "token:web") == 1);

                two.submit("b", ONE).assertFailure("QUOTA_EXCEEDED", "client token:web");
                other.submit("c", ONE).assertResult(1);
                try (TestClient local = daemon.connect()) {
                    local.submit("d", ONE).assertResult(1);
                }
                cancel(daemon, "a");
            }
            daemon.assertRestored();
        }
    }

    private static TestClient loopback(int port, String token) {
        TestClient client =
                TestClient.connect(new InetSocketAddress("127.0.0.1", port), Encoding.JSON);
        Map<String, Object> auth = TestClient.request("auth", "auth");
        auth.put("token", token);
        assertThat(client.call(auth).ok()).isTrue();
        return client;
    }

    @Test
    void aReloadChangesQuotas() throws IOException {
        DaemonBuilder builder = with("");
        try (DaemonProcess daemon = builder.startAtRest();
                TestClient client = daemon.connect()) {
            assertThat(figures(daemon, OWN).orElseThrow().fields()).doesNotContainKey("tasks");
            reload(daemon, builder, "\"quota_tasks\": 1");
            client.send(TestClient.task("a", LONG));
            client.submit("b", ONE).assertFailure("QUOTA_EXCEEDED", "quota_tasks=1");
            reload(daemon, builder, "\"quota_tasks\": 2");
            client.submit("b", ONE).assertResult(1);
            client.send(TestClient.task("c", LONG));
            client.submit("d", ONE).assertFailure("QUOTA_EXCEEDED", "quota_tasks=2");
            reload(daemon, builder, "");
            cancel(daemon, "a", "c");
            client.submit("d", ONE).assertResult(1);
            daemon.assertRestored();
        }
    }

    private static void reload(DaemonProcess daemon, DaemonBuilder builder, String settings)
            throws IOException {
        Files.writeString(builder.project().resolve("parallite.json"), "{" + settings + "}");
        Cli.in(builder.project()).run("reload", "--socket", "" + daemon.socket()).assertExit(0);
    }
}
