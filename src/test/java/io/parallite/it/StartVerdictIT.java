package io.parallite.it;

import static io.parallite.it.DaemonBuilder.daemon;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.parallite.cluster.store.RedisServer;
import io.parallite.process.files.LockFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code doctor} says of every place whether a daemon that is started there would run tasks. */
final class StartVerdictIT {

    /** Serves, and is ready. */
    private static final int WELL = 0;

    /** Serves, but could run no task. */
    private static final int NOT_READY = 1;

    private static final int TAKEN = 69;
    private static final int MISCONFIGURED = 78;

    @TempDir private static Path certificates;

    private final List<AutoCloseable> held = new ArrayList<>();

    /** Makes a place what it is. */
    interface Preparation {
        void of(Place place) throws IOException;
    }

    /** Where a daemon is started, and a doctor asked. */
    final class Place {

        private final DaemonBuilder daemon = daemon();
        private final Map<String, String> environment = new HashMap<>();
        private String shell = "";
        private String socket = daemon.socket().toString();

        Place() {
            env("XDG_RUNTIME_DIR", directory().resolve("run").toString());
        }

        Path directory() {
            return daemon.project().getParent();
        }

        void json(String settings) {
            daemon.json(settings.replace('\'', '"'));
        }

        void env(String name, String value) {
            environment.put(name, value);
            daemon.env(name, value);
        }

        /** Gives both what a line of the shell does first. */
        void shell(String line) {
            shell = line + "; ";
            daemon.under("sh", "-c", line + "; exec \"$0\" \"$@\"");
        }

        void socket(String path) {
            socket = path;
            daemon.listeningAt(path, UnixDomainSocketAddress.of(path));
        }

        void holds(AutoCloseable something) {
            held.add(something);
        }

        Cli cli() {
            Cli cli = Cli.in(daemon.project());
            for (Map.Entry<String, String> variable : environment.entrySet()) {
                cli = cli.env(variable.getKey(), variable.getValue());
            }
            return cli;
        }

        Cli.Ended doctor() {
            return cli().runInShell(shell + "exec parallite doctor --socket '" + socket + "'");
        }
    }

    static Stream<Arguments> places() {
        return Stream.of(
                place("nothing is wrong", WELL, place -> {}),
                place("a value is not valid", MISCONFIGURED, p -> p.json("{'max_queue': -1}")),
                place("a key is unknown", MISCONFIGURED, p -> p.json("{'max_queu': 1}")),
                place("the file is no JSON", MISCONFIGURED, p -> p.json("{")),
                place(
                        "values contradict each other",
                        MISCONFIGURED,
                        p -> p.json("{'fixed_workers': 9, 'max_workers': 8}")),
                place(
                        "a variable is not valid",
                        MISCONFIGURED,
                        p -> p.env("PARALLITE_TIMEOUT_MS", "soon")),
                place(
                        "there is no such worker script",
                        MISCONFIGURED,
                        p -> p.json("{'worker_script': 'no/such.php'}")),
                place(
                        "there is no such directory",
                        MISCONFIGURED,
                        p -> p.json("{'directory': '/no/such/directory'}")),
                place(
                        "results take more memory than there is",
                        MISCONFIGURED,
                        p -> p.json("{'result_cache_bytes': 17179869184}")),
                place("few files may be open", MISCONFIGURED, p -> p.shell("ulimit -n 70")),
                place("enough files may be open", WELL, p -> p.shell("ulimit -n 100")),
                place("a file is at the socket's path", TAKEN, p -> write(p.daemon.socket(), "")),
                place("another program has the socket", TAKEN, p -> p.holds(bound(p))),
                place("a killed program has left its socket", WELL, p -> bound(p).close()),
                place("another daemon is about to listen", TAKEN, p -> p.holds(locked(p))),
                place(
                        "the socket's directory is missing",
                        TAKEN,
                        p -> p.socket(p.directory().resolve("no/such.sock").toString())),
                place(
                        "the socket's path is too long",
                        MISCONFIGURED,
                        p -> p.socket("/tmp/" + "x".repeat(120))),
                place(
                        "there is no such group",
                        TAKEN,
                        p -> p.json("{'socket_group': 'no-such-group'}")),
                place(
                        "there is no such user",
                        MISCONFIGURED,
                        p -> p.json("{'allow_users': ['no-such-user']}")),
                place(
                        "a port to listen at is taken",
                        TAKEN,
                        p -> p.json("{'listen': ['127.0.0.1:" + port(p) + "']}")),
                place(
                        "the port of HTTP is taken",
                        TAKEN,
                        p -> p.json("{'http_port': " + port(p) + "}")),
                place(
                        "the token cannot be read",
                        MISCONFIGURED,
                        p -> p.json("{'auth_token_file': 'none'}")),
                place("the token is too short", MISCONFIGURED, StartVerdictIT::tokenIsShort),
                place(
                        "certificates cannot be read",
                        MISCONFIGURED,
                        p -> listenOnTls(p, "none.pem")),
                place("certificates are none", TAKEN, StartVerdictIT::certificatesAreNone),
                place(
                        "the key is another certificate's",
                        TAKEN,
                        p ->
                                listenOnTls(
                                        p,
                                        made().resolve("server.pem"),
                                        made().resolve("next.key")),
                        "is not that of the certificate"),
                place(
                        "the certificate has expired",
                        WELL,
                        p ->
                                listenOnTls(
                                        p,
                                        made().resolve("expired.pem"),
                                        made().resolve("expired.key")),
                        "CN=expired",
                        "clients refuse it"),
                place(
                        "the token is a directory",
                        MISCONFIGURED,
                        p -> p.json("{'auth_token_file': '/'}"),
                        "auth_token_file"),
                place(
                        "the token is closed to the daemon's user",
                        MISCONFIGURED,
                        StartVerdictIT::tokenIsClosed,
                        "auth_token_file"),
                place(
                        "processes are limited, but not for root",
                        WELL,
                        StartVerdictIT::rootMayRunFewProcesses),
                place(
                        "the run-time directory's path is too long",
                        MISCONFIGURED,
                        StartVerdictIT::runDirectoryIsDeep),
                place(
                        "no run-time directory can be made",
                        MISCONFIGURED,
                        StartVerdictIT::runDirectoryIsNone),
                place(
                        "the cluster has no secret",
                        MISCONFIGURED,
                        p -> p.json("{'cluster_url': 'redis://127.0.0.1:1'}")),
                place(
                        "Redis is away",
                        WELL,
                        p -> joins(p, "redis://127.0.0.1:1"),
                        "cannot be used"),
                place(
                        "Redis has another password",
                        WELL,
                        StartVerdictIT::redisHasAnotherPassword,
                        "cannot be used: WRONGPASS"),
                place(
                        "Redis wants a password",
                        WELL,
                        StartVerdictIT::redisWantsAPassword,
                        "cannot be used: NOAUTH"),
                place("there is no PHP", NOT_READY, p -> p.json("{'php_binary': '/no/such/php'}")),
                place("an include throws", NOT_READY, StartVerdictIT::includeThrows),
                place(
                        "an include is missing",
                        WELL,
                        p -> p.json("{'php_includes': ['none.php']}")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("places")
    void doctorAgreesWithAStart(String name, int expected, Preparation preparation, String[] says)
            throws IOException {
        Place place = new Place();
        preparation.of(place);

        Cli.Ended verdict = place.doctor();
        int outcome = expected > NOT_READY ? place.daemon.run().exitCode() : started(place);

        assertThat(outcome)
                .as("what a start came to; doctor: %s", verdict.out())
                .isEqualTo(expected);
        assertThat(verdict.out().lines().anyMatch(line -> line.startsWith("fail ")))
                .as("whether doctor tells of faults: %s", verdict)
                .isEqualTo(expected != WELL);
        assertThat(List.of(says)).allMatch(text -> verdict.out().contains(text), verdict.out());
        verdict.assertExit(expected == WELL ? 0 : 1);
    }

    private int started(Place place) {
        try (DaemonProcess daemon = place.daemon.start()) {
            await().until(() -> hasComeUpOrFailed(daemon));
            return place.cli().run("status", "--socket", place.socket).exitCode();
        }
    }

    private static boolean hasComeUpOrFailed(DaemonProcess daemon) {
        Stats stats = daemon.stats();
        return stats.isAtRest() || stats.reply().map("pool").containsKey("start_failure");
    }

    @AfterEach
    void release() throws Exception {
        for (AutoCloseable one : held) {
            one.close();
        }
    }

    /** A place, and what {@code doctor} says of it among the rest. */
    private static Arguments place(
            String name, int expected, Preparation preparation, String... says) {
        return Arguments.of(name, expected, preparation, says);
    }

    private static void write(Path file, String text) throws IOException {
        Files.writeString(file, text, UTF_8);
    }

    private static ServerSocketChannel bound(Place place) throws IOException {
        Path other = place.directory().resolve("other.sock");
        place.socket(other.toString());
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(other));
    }

    private static LockFile locked(Place place) throws IOException {
        Path socket = place.daemon.socket();
        return LockFile.tryAcquire(socket.resolveSibling("." + socket.getFileName() + ".lock"));
    }

    private static int port(Place place) throws IOException {
        ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        place.holds(taken);
        return taken.getLocalPort();
    }

    private static void tokenIsShort(Place place) throws IOException {
        write(place.daemon.project().resolve("token"), "short");
        place.json("{'auth_token_file': 'token'}");
    }

    private static void tokenIsClosed(Place place) throws IOException {
        Path token = place.daemon.project().resolve("token");
        write(token, "0123456789abcdef");
        Files.setPosixFilePermissions(token, Set.of());
        assumeFalse(Files.isReadable(token), "root reads all files");
        place.json("{'auth_token_file': 'token'}");
    }

    /** Others could not even start the shell, since all that they run counts. */
    private static void rootMayRunFewProcesses(Place place) {
        assumeTrue(System.getProperty("user.name").equals("root"), "for root only");
        place.shell("prlimit --pid $$ --nproc=20:20");
    }

    private static Path made() {
        if (!Files.exists(certificates.resolve("ca.pem"))) {
            Certificates.make(certificates);
        }
        return certificates;
    }

    private static void listenOnTls(Place place, String file) throws IOException {
        listenOnTls(place, Path.of(file), Path.of(file));
    }

    private static void listenOnTls(Place place, Path certificate, Path key) throws IOException {
        write(place.daemon.project().resolve("token"), "0123456789abcdef");
        place.json(
                "{'listen': ['tls://127.0.0.1:0'], 'auth_token_file': 'token', 'tls_certificate_file': '"
                        + certificate
                        + "', 'tls_key_file': '"
                        + key
                        + "'}");
    }

    private static void certificatesAreNone(Place place) throws IOException {
        write(place.daemon.project().resolve("nonsense.pem"), "nonsense");
        listenOnTls(place, "nonsense.pem");
    }

    private static void runDirectoryIsDeep(Place place) throws IOException {
        Path deep = Files.createDirectory(place.directory().resolve("x".repeat(90)));
        place.env("XDG_RUNTIME_DIR", deep.toString());
    }

    private static void runDirectoryIsNone(Place place) throws IOException {
        Path file = Files.createFile(place.directory().resolve("file"));
        place.env("XDG_RUNTIME_DIR", "");
        place.env("PARALLITE_JAVA_OPTS", "-Djava.io.tmpdir=" + file);
    }

    private static void redisHasAnotherPassword(Place place) throws IOException {
        joins(place, running(place).url().replaceFirst("//.*@", "//:wrong-horse@"));
    }

    private static void redisWantsAPassword(Place place) throws IOException {
        joins(place, running(place).url().replaceFirst("//.*@", "//"));
    }

    private static RedisServer running(Place place) {
        RedisServer redis = RedisServer.start();
        place.holds(redis);
        return redis;
    }

    private static void joins(Place place, String redis) throws IOException {
        write(place.daemon.project().resolve("secret"), "0123456789abcdef");
        place.json("{'cluster_url': '" + redis + "', 'cluster_secret_file': 'secret'}");
    }

    private static void includeThrows(Place place) throws IOException {
        write(place.daemon.project().resolve("boot.php"), "<?php throw new Exception('no');");
        place.json("{'php_includes': ['boot.php']}");
    }
}
