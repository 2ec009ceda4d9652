package io.parallite.it;

import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.awaitility.Awaitility.await;

import io.parallite.deploy.Tool;
import io.parallite.wire.Encoding;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may connect where: several addresses, TLS, tokens, groups and users. */
final class ListeningIT {

    private static final String TOKEN = "0123456789abcdef0123456789abcdef";
    private static final int BAD_CONFIGURATION = 78;
    private static final int UNAVAILABLE = 69;

    @TempDir private static Path certificates;

    @BeforeAll
    static void makeCertificates() {
        Certificates.make(certificates);
    }

    @Test
    void asksForTheTokenOnTlsBeforeAnythingElse() throws Exception {
        int port = freePort();
        try (DaemonProcess daemon = atRest(withTls(port, "\"auth_token_file\": \"token\""), port)) {
            try (TlsClient client = TlsClient.connect(port, certificates, null)) {
                assertThat(client.call(auth(TOKEN))).containsEntry("authenticated", true);
                assertThat(client.call(TestClient.task("t", "pi"))).containsEntry("ok", true);
            }
            assertRefused(port, auth(TOKEN + "x"), "not the token");
            assertRefused(port, auth(""), "not the token");
            assertRefused(port, TestClient.request("stop", "s"), "asks for a token");
            assertRefused(port, TestClient.task("t", "x".repeat(100_000)), "asks for a token");

            assertThat(daemon.stats().tasks("completed")).isEqualTo(1);
            daemon.assertRestored();
        }
    }

    @Test
    void takesWhatFollowsTheTokenInTheSameBreath() throws Exception {
        int port = freePort();
        try (DaemonProcess daemon = atRest(withTls(port, "\"auth_token_file\": \"token\""), port);
                TlsClient client = TlsClient.connect(port, certificates, null)) {
            client.send(auth(TOKEN))
                    .send(TestClient.task("a", "pi"))
                    .send(TestClient.task("b", "pi"));

            assertThat(List.of(client.receive(), client.receive(), client.receive()))
                    .allSatisfy(reply -> assertThat(reply).containsEntry("ok", true));
            client.close();
            daemon.assertRestored();
        }
    }

    @Test
    void admitsOnlyClientsWithACertificateOfTheAuthority() throws Exception {
        int port = freePort();
        String authority = "\"tls_client_ca_file\": \"%s/ca.pem\"".formatted(certificates);
        try (DaemonProcess daemon = atRest(withTls(port, authority), port)) {
            try (TlsClient client = TlsClient.connect(port, certificates, "client")) {
                assertThat(client.call(TestClient.task("t", "pi"))).containsEntry("ok", true);
            }
            for (String other : new String[] {null, "stranger"}) {
                assertThatIOException()
                        .isThrownBy(
                                () -> {
                                    try (TlsClient client =
                                            TlsClient.connect(port, certificates, other)) {
                                        client.call(TestClient.task("t", "pi"));
                                    }
                                });
            }
            daemon.assertRestored();
        }
    }

    @Test
    void changesTokenAndCertificateWhenTheirFilesDo() throws Exception {
        int port = freePort();
        DaemonBuilder builder =
                withTls(port, "\"auth_token_file\": \"token\"")
                        .json(tls(port, "\"auth_token_file\": \"token\"", "."));
        Path project = builder.project();
        for (String file : List.of("server.pem", "server.key")) {
            Files.copy(certificates.resolve(file), project.resolve(file));
        }
        try (DaemonProcess daemon = atRest(builder, port)) {
            assertThat(serverAt(port)).isEqualTo("CN=server");

            replace("next.pem", project.resolve("server.pem"));
            await().until(() -> daemon.log().contains("is not that of the certificate"));
            assertThat(serverAt(port)).as("while the key is not there yet").isEqualTo("CN=server");

            replace("next.key", project.resolve("server.key"));
            await().until(() -> serverAt(port).equals("CN=next"));

            Files.writeString(project.resolve("token"), "short");
            await().until(
                            () ->
                                    daemon.log()
                                            .contains(
                                                    "new token cannot be used, what was read before goes on"));
            Files.writeString(project.resolve("token"), TOKEN + TOKEN);
            await().until(() -> isAdmitted(port, TOKEN + TOKEN));
            assertThat(isAdmitted(port, TOKEN)).isFalse();
            daemon.assertRestored();
        }
    }

    @Test
    void asksForTheTokenOnLoopbackInTheClearToo() throws Exception {
        int port = freePort();
        DaemonBuilder builder =
                daemon("--fixed-workers", "1")
                        .json(
                                "{\"listen\": [\"127.0.0.1:%d\"], \"auth_token_file\": \"token\"}"
                                        .formatted(port))
                        .file("token", TOKEN);
        try (DaemonProcess daemon = builder.startAtRest()) {
            for (Encoding encoding : List.of(Encoding.JSON, Encoding.MESSAGE_PACK)) {
                try (TestClient client = loopback(port, encoding)) {
                    assertThat(client.call(auth(TOKEN, "a")).ok()).isTrue();
                    assertThat(client.submit("t-" + encoding, "pi").ok()).isTrue();
                }
                try (TestClient client = loopback(port, encoding)) {
                    Reply refusal = client.submit("r-" + encoding, "pi");
                    assertThat(refusal.errorCode()).isEqualTo("UNAUTHORIZED");
                    assertThat(client.isClosedWithin(TestClient.PATIENCE)).isTrue();
                }
            }
            try (TestClient client = daemon.connect()) {
                assertThat(client.submit("local", "pi").ok())
                        .as("the socket's permissions are enough there")
                        .isTrue();
            }
            daemon.assertRestored();
        }
    }

    @Test
    void commandsShowTheToken() throws Exception {
        int port = freePort();
        DaemonBuilder builder =
                daemon().json(
                                "{\"socket\": \"127.0.0.1:%d\", \"auth_token_file\": \"token\"}"
                                        .formatted(port))
                        .withoutSocketFlag()
                        .file("token", TOKEN);
        try (DaemonProcess daemon = builder.launch()) {
            Cli cli = Cli.in(builder.project());
            await().until(() -> cli.run("status").exitCode() == 0);

            Cli.Ended refused = cli.run("status", "--socket", "127.0.0.1:" + port);
            assertThat(refused.exitCode()).isEqualTo(1);
            assertThat(refused.err()).contains("asks for a token");
            assertThat(cli.run("stop").exitCode()).isZero();
            assertThat(daemon.awaitEnd().exitCode()).isZero();
        }
    }

    @Test
    void strangersOnTcpCannotKeepClientsFromTheSocket() throws Exception {
        int port = freePort();
        DaemonBuilder builder =
                daemon("--fixed-workers", "1")
                        .under("sh", "-c", "ulimit -n 400; exec \"$0\" \"$@\"")
                        .json(
                                "{\"listen\": [\"127.0.0.1:%d\"], \"auth_token_file\": \"token\"}"
                                        .formatted(port))
                        .file("token", TOKEN);
        try (DaemonProcess daemon = builder.startAtRest()) {
            List<TestClient> strangers = new ArrayList<>();
            try {
                for (int i = 0; i < 300; i++) {
                    strangers.add(loopback(port, Encoding.JSON));
                }
                try (TestClient client = daemon.connect()) {
                    assertThat(client.submit("t", "pi").ok()).isTrue();
                }
            } finally {
                strangers.forEach(TestClient::close);
            }
            daemon.assertRestored();
        }
    }

    @Test
    void givesTheSocketItsGroupAndMode() throws Exception {
        String group = Tool.tool("id", "-gn").run().output().strip();
        try (DaemonProcess daemon =
                daemon("--socket-mode", "0660", "--socket-group", group).startAtRest()) {
            assertThat(
                            PosixFilePermissions.toString(
                                    Files.getPosixFilePermissions(daemon.socket())))
                    .isEqualTo("rw-rw----");
            assertThat(Files.getAttribute(daemon.socket(), "posix:group")).hasToString(group);
            daemon.assertRestored();
        }
    }

    @Test
    void refusesAGroupThatIsNone() {
        var ended = daemon("--socket-group", "no-such-group").run();

        assertThat(ended.exitCode()).isEqualTo(UNAVAILABLE);
        assertThat(ended.log()).contains("socket_group: there is no group no-such-group");
    }

    @Test
    void refusesUsersWhoAreNotAllowed() throws Exception {
        Assumptions.assumeTrue(
                Tool.tool("id", "-u").run().output().strip().equals("0"),
                "only root can become another user");
        DaemonBuilder builder =
                daemon("--socket-mode", "0666").json("{\"allow_users\": [\"daemon\"]}");
        try (DaemonProcess daemon = builder.startAtRest()) {
            Files.setPosixFilePermissions(
                    daemon.directory(), PosixFilePermissions.fromString("rwxr-xr-x"));

            assertThat(pingAs("nobody", daemon))
                    .contains("UNAUTHORIZED", "is not among allow_users");
            assertThat(pingAs("daemon", daemon)).contains("\"ok\":true");
            assertThat(pingAs("root", daemon)).contains("\"ok\":true");
            daemon.assertRestored();
        }
    }

    private static String pingAs(String user, DaemonProcess daemon) {
        String program =
                "$s = stream_socket_client('unix://%s'); fwrite($s, pack('N', 15) . '{\"type\":\"ping\"}'); echo fread($s, 4096);"
                        .formatted(daemon.socket());
        return Tool.tool("setpriv", "--reuid=" + user, "--clear-groups", "php", "-n", "-r", program)
                .run()
                .output();
    }

    @Test
    void refusesTlsThatEverybodyCouldUse() {
        DaemonBuilder builder = withTls(1, "\"debug_logs\": false");

        var ended = builder.run();

        assertThat(ended.exitCode()).isEqualTo(BAD_CONFIGURATION);
        assertThat(ended.log()).contains("auth_token_file, tls_client_ca_file, or both");
    }

    @Test
    void endsWhenOneOfItsAddressesIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0)) {
            DaemonBuilder builder = withTls(taken.getLocalPort(), "\"auth_token_file\": \"token\"");

            var ended = builder.run(socket -> assertThat(socket).doesNotExist());

            assertThat(ended.exitCode()).isEqualTo(UNAVAILABLE);
            assertThat(ended.log()).contains("tls://127.0.0.1:" + taken.getLocalPort());
        }
    }

    /** As systemd hands it over: the process that it starts becomes the daemon's launcher. */
    private static final String HANDED_OVER =
            """
            use Socket; $^F = 9;
            socket(S, AF_UNIX, SOCK_STREAM, 0) && bind(S, sockaddr_un(shift)) && listen(S, 9) or die $!;
            die "descriptor " . fileno(S) unless fileno(S) == 3;
            @ENV{"LISTEN_PID", "LISTEN_FDS"} = ($$, 1);
            exec @ARGV;
            """;

    @Test
    void takesOverTheSocketThatSystemdHasOpened() throws Exception {
        Assumptions.assumeTrue(Tool.isInstalled("perl"), "perl is not installed");
        DaemonBuilder builder = daemon("--fixed-workers", "1");
        builder.under("perl", "-e", HANDED_OVER, builder.socket().toString());
        try (DaemonProcess daemon = builder.startAtRest()) {
            for (int i = 0; i < 20; i++) {
                try (TestClient client = daemon.connect()) {
                    client.submit("t" + i, "pi").assertResult(Math.PI);
                }
            }
            daemon.assertRestored();
            assertThat(daemon.log()).contains("the socket that was handed over");

            assertThat(daemon.stop().exitCode()).isZero();
            assertThat(daemon.socket()).as("the file is not the daemon's").exists();
            Files.delete(daemon.socket());
        }
    }

    /** The JDK keeps a descriptor from the first handshake on, which is not to count. */
    private static DaemonProcess atRest(DaemonBuilder builder, int port) {
        return builder.start()
                .whenReady(
                        daemon -> {
                            assertThat(serverAt(port, "client")).isEqualTo("CN=server");
                            daemon.awaitRest();
                        });
    }

    private static void assertRefused(int port, Map<String, ?> request, String why)
            throws IOException, GeneralSecurityException {
        try (TlsClient client = TlsClient.connect(port, certificates, null)) {
            assertThat(client.call(request))
                    .containsEntry("error_code", "UNAUTHORIZED")
                    .hasEntrySatisfying("error", e -> assertThat(e).asString().contains(why));
            assertThat(client.isAtEnd()).isTrue();
        }
    }

    private static boolean isAdmitted(int port, String token)
            throws IOException, GeneralSecurityException {
        try (TlsClient client = TlsClient.connect(port, certificates, null)) {
            return Boolean.TRUE.equals(client.call(auth(token)).get("ok"));
        }
    }

    private static String serverAt(int port) {
        return serverAt(port, null);
    }

    private static String serverAt(int port, @Nullable String own) {
        try (TlsClient client = TlsClient.connect(port, certificates, own)) {
            return client.server();
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static void replace(String source, Path target) throws IOException {
        Path beside = target.resolveSibling("new");
        Files.copy(certificates.resolve(source), beside, StandardCopyOption.REPLACE_EXISTING);
        Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
    }

    private static TestClient loopback(int port, Encoding encoding) {
        return TestClient.connect(new InetSocketAddress("127.0.0.1", port), encoding);
    }

    private static Map<String, Object> auth(String token) {
        return Map.of("type", "auth", "token", token);
    }

    private static Map<String, Object> auth(String token, String id) {
        return Map.of("type", "auth", "token", token, "task_id", id);
    }

    private static DaemonBuilder withTls(int port, String more) {
        return daemon("--fixed-workers", "1")
                .json(tls(port, more, certificates.toString()))
                .file("token", TOKEN + "\n");
    }

    private static String tls(int port, String more, String directory) {
        return """
                {"listen": ["tls://127.0.0.1:%d"], "tls_certificate_file": "%s/server.pem",
                 "tls_key_file": "%s/server.key", %s}
                """
                .formatted(port, directory, directory, more);
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }
}
