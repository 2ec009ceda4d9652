package io.parallite.cluster.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A real Redis on a free port of loopback and on a socket, with a password and an append-only file,
 * in a directory of its own. Where {@code redis-server} is not installed, the test is skipped.
 */
public final class RedisServer implements AutoCloseable {

    private static final String PASSWORD = "correct-horse";

    private final Path directory;
    private final int port;
    private int tlsPort;
    private final List<String> options;
    private Process process;

    private RedisServer(List<String> options) {
        this.options = options;
        try {
            directory = Files.createTempDirectory("pl-redis-");
            port = freePort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    /**
     * Starts one that speaks TLS too, with those who have a certificate of its authority.
     *
     * @param certificates holds {@code ca.pem}, {@code server.pem} and {@code server.key}
     */
    public static RedisServer startWithTls(Path certificates) throws IOException {
        return startWithTls(certificates, List.of());
    }

    /**
     * The same at further addresses of this machine.
     *
     * @param addresses beside that of loopback
     */
    public static RedisServer startWithTls(Path certificates, List<String> addresses)
            throws IOException {
        int tlsPort = freePort();
        List<String> options = new ArrayList<>(List.of("--bind", "127.0.0.1"));
        options.addAll(addresses);
        options.addAll(
                List.of(
                        "--tls-port",
                        String.valueOf(tlsPort),
                        "--tls-cert-file",
                        certificates.resolve("server.pem").toString(),
                        "--tls-key-file",
                        certificates.resolve("server.key").toString(),
                        "--tls-ca-cert-file",
                        certificates.resolve("ca.pem").toString()));
        RedisServer server = start(options.toArray(String[]::new));
        server.tlsPort = tlsPort;
        return server;
    }

    /** Starts one, and waits until it answers. */
    public static RedisServer start(String... options) {
        Assumptions.assumeTrue(isInstalled(), "redis-server is not installed");
        RedisServer server = new RedisServer(List.of(options));
        server.launch();
        return server;
    }

    private static boolean isInstalled() {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(each -> Files.isExecutable(Path.of(each, "redis-server")));
    }

    private void launch() {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "redis-server",
                                "--port",
                                String.valueOf(port),
                                "--bind",
                                "127.0.0.1",
                                "--unixsocket",
                                directory.resolve("redis.sock").toString(),
                                "--dir",
                                directory.toString(),
                                "--requirepass",
                                PASSWORD,
                                "--appendonly",
                                "yes",
                                "--appendfsync",
                                "always",
                                "--save",
                                ""));
        command.addAll(options);
        try {
            process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(directory.resolve("log").toFile())
                            .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (!ping()) {
            assertThat(process.isAlive() && System.nanoTime() < deadline)
                    .as("redis-server runs")
                    .isTrue();
        }
    }

    private boolean ping() {
        return run("ping").strip().equals("PONG");
    }

    /** Its address, with the password. */
    public String url() {
        return "redis://:%s@127.0.0.1:%d".formatted(PASSWORD, port);
    }

    /** Its address for TLS, for a user of its own. */
    public String tlsUrl(String user, String password) {
        return tlsUrl(user, password, "localhost");
    }

    /** The same at another address of this machine. */
    public String tlsUrl(String user, String password, String host) {
        return "rediss://%s:%s@%s:%d".formatted(user, password, host, tlsPort);
    }

    /** Its password, of the user {@code default}. */
    public String password() {
        return PASSWORD;
    }

    public long pid() {
        return process.pid();
    }

    /** What {@code redis-cli} prints when it is given {@code command}. */
    public String run(String... command) {
        List<String> words =
                new ArrayList<>(
                        List.of("redis-cli", "-h", "127.0.0.1", "-p", String.valueOf(port)));
        words.addAll(List.of(command));
        try {
            ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
            builder.environment().put("REDISCLI_AUTH", PASSWORD);
            Process client = builder.start();
            client.getOutputStream().close();
            String output =
                    new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            client.waitFor();
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Kills it by SIGKILL. */
    public void kill() {
        process.destroyForcibly();
        await();
    }

    /** Starts it again on the same files and the same port. */
    public void restart() {
        launch();
    }

    private void await() {
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        await();
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
