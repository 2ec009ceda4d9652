package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.task;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What an orchestrator asks: whether to restart the daemon, and whether to send it work. */
final class HealthIT {

    private static final String READY = "/q/health/ready";
    private static final String TOKEN = "a-token-of-24-characters";

    private final Http http = Http.onFreePort();

    @Test
    void isUpWhenWorkersHaveReported() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "2", http.flag()).startAtRest()) {
            assertThat(http.get("/q/health/live").body()).contains("event loop", "\"UP\"");
            assertThat(http.status("/q/health/started")).isEqualTo(200);
            assertThat(http.get(READY).json()).containsEntry("status", "UP");
        }
    }

    @Test
    void isUpWhenWorkersHaveAnsweredAPing() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "2", http.flag()).startAtRest()) {
            assertThat(http.get(READY).body())
                    .contains("\"answering\": 2")
                    .doesNotContain("\"note\"");
            assertThat(daemon.stats().idle()).isEqualTo(2);
        }
    }

    @Test
    void isNotReadyForAWorkerThatHasOnlySaidHello() {
        DaemonBuilder builder =
                daemon("--fixed-workers", "1", "--max-workers", "1", http.flag())
                        .json("{\"start_timeout_ms\": 3000}")
                        .script(Distribution.fault("hangs-after-hello"));

        try (DaemonProcess daemon = builder.start();
                TestClient client = daemon.connect()) {
            assertThat(http.get(READY).body()).contains("no worker has answered yet");
            assertThat(http.status(READY)).isEqualTo(503);
            client.submit("task", "x")
                    .assertFailure(
                            "WORKER_START_FAILED",
                            "did not answer a ping",
                            "start_timeout_ms=3000");
            assertThat(http.get(READY).body()).contains("did not answer a ping");
            await().until(() -> daemon.workerTrees().isEmpty());
        }
    }

    @Test
    void saysThatAWorkerOnStdioIsUnprovenUntilItHasAnswered() {
        DaemonBuilder builder =
                daemon("--fixed-workers", "1", "--max-workers", "1", http.flag())
                        .json("{\"worker_transport\": \"stdio\"}");

        try (DaemonProcess daemon = builder.startAtRest();
                TestClient client = daemon.connect()) {
            await().until(() -> http.status(READY) == 200); // a new process is on probation
            assertThat(http.get(READY).body())
                    .contains("\"answering\": 0", "cannot be asked before its first task");

            client.submit("first", closure("fn () => 1")).assertResult(1);

            assertThat(http.get(READY).body())
                    .contains("\"answering\": 1")
                    .doesNotContain("\"note\"");
        }
    }

    @Test
    void isStartedAndAliveButNotReadyWhenWorkersDoNotStart() {
        DaemonBuilder builder = daemon("--fixed-workers", "1", http.flag());
        builder.file("broken.php", "<?php fwrite(STDERR, \"no database\\n\"); exit(3);")
                .script(builder.project().resolve("broken.php"));

        try (DaemonProcess daemon = builder.start()) {
            await().untilAsserted(
                            () -> {
                                Http.Answer answer = http.get(READY);
                                assertThat(answer.status()).isEqualTo(503);
                                assertThat(answer.body())
                                        .contains("workers do not start", "no database");
                            });
            assertThat(http.status("/q/health/live")).isEqualTo(200);
            await().until(() -> http.status("/q/health/started") == 200);
            assertThat(daemon.isAlive()).isTrue();
        }
    }

    @Test
    void isNeverReadyWhileAScriptOnStdioDiesAtEachStart() {
        DaemonBuilder builder =
                daemon("--fixed-workers", "1", http.flag())
                        .json("{\"worker_transport\": \"stdio\"}");
        Path starts = builder.project().resolve("starts");
        builder.file(
                        "broken.php",
                        "<?php file_put_contents('%s', '.', FILE_APPEND); usleep(100000); fwrite(STDERR, \"no database\\n\"); exit(3);"
                                .formatted(starts))
                .script(builder.project().resolve("broken.php"));

        try (DaemonProcess daemon = builder.start()) {
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(5))
                    .until(
                            () -> {
                                assertThat(http.status(READY)).isEqualTo(503);
                                return Files.exists(starts) && Files.size(starts) >= 3;
                            });
            assertThat(http.get(READY).body()).contains("workers do not start", "no database");
            assertThat(daemon.isAlive()).isTrue();
        }
    }

    @Test
    void isNotReadyWhileTheQueueIsFull() throws IOException {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1", http.flag())
                                .json("{\"max_queue\": 1}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            Path goOn = daemon.directory().resolve("go-on");
            String runs =
                    "function () { while (!file_exists('%s')) { usleep(20000); clearstatcache(); } }"
                            .formatted(goOn);
            client.send(task("runs", closure(runs))).send(task("waits", closure("fn () => 1")));

            await().until(() -> http.status(READY) == 503);
            assertThat(http.get(READY).body()).contains("1 tasks wait and max_queue=1");
            client.submit("refused", closure("fn () => 1")).assertFailure("QUEUE_FULL");

            Files.createFile(goOn);
            client.receive("waits").assertResult(1);
            assertThat(http.status(READY)).isEqualTo(200);
        }
    }

    @Test
    void isNotReadyWhenAnotherFileIsWhereTheSocketWas() throws IOException {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest()) {
            // at once: a socket that is merely removed is opened anew
            Path other = Files.createFile(daemon.directory().resolve("other"));
            Files.move(other, daemon.socket(), ATOMIC_MOVE);

            Http.Answer answer = http.get(READY);
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.body()).contains("replaced by another program", "restart the daemon");
        }
    }

    @Test
    void isNotReadyButAliveWhileItStops() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", http.flag())
                                .json("{\"shutdown_grace_ms\": 60000}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            client.send(task("last", sleep(5000)));
            await().until(() -> daemon.stats().busy() == 1);
            daemon.signal("TERM");

            await().until(() -> http.status(READY) == 503);
            assertThat(http.get(READY).body()).contains("the daemon is stopping");
            assertThat(http.status("/q/health/live")).isEqualTo(200);

            client.receive("last").assertResult("slept");
            assertThat(daemon.awaitEnd().exitCode()).isZero();
        }
    }

    @Test
    void tellsStrangersUpOrDownAndReasonsToThoseWithTheToken() {
        DaemonBuilder builder =
                daemon("--fixed-workers", "1", http.flag()).env("PARALLITE_HTTP_TOKEN", TOKEN);
        builder.file("broken.php", "<?php fwrite(STDERR, \"password of db\\n\"); exit(3);")
                .script(builder.project().resolve("broken.php"));

        try (DaemonProcess daemon = builder.start()) {
            await().until(
                            () ->
                                    http.get(READY, "Authorization", "Bearer " + TOKEN)
                                            .body()
                                            .contains("password of db"));
            Http.Answer stranger = http.get(READY);
            assertThat(stranger.body()).isEqualTo("{\"status\":\"DOWN\"}");
            assertThat(stranger.status()).isEqualTo(503);
            assertThat(http.get("/q/health/live").body()).isEqualTo("{\"status\":\"UP\"}");
            assertThat(http.get("/q/health").body()).isEqualTo("{\"status\":\"DOWN\"}");
            assertThat(http.get("/q/health/group/x").body()).doesNotContain("password");
        }
    }

    @Test
    void tellsReasonsToNobodyWhomAProxyPassesOn() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest()) {
            assertThat(http.get(READY, "X-Forwarded-For", "192.0.2.1").body())
                    .isEqualTo("{\"status\":\"UP\"}");
        }
    }

    @Test
    void logsAChangeOnceHoweverOftenItIsAsked() throws IOException {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest()) {
            assertThat(http.status(READY)).isEqualTo(200);
            Path other = Files.createFile(daemon.directory().resolve("other"));
            Files.move(other, daemon.socket(), ATOMIC_MOVE);

            for (int i = 0; i < 5; i++) {
                assertThat(http.status(READY)).isEqualTo(503);
            }

            assertThat(daemon.log().lines().filter(line -> line.contains("DOWN")))
                    .singleElement()
                    .asString()
                    .contains("WARN", "check=clients", "replaced by another program");
        }
    }

    @Test
    void leavesABrokenSidecarInServiceWhereReadinessIsLenient() {
        DaemonBuilder builder =
                daemon("--fixed-workers", "1", "--readiness", "lenient", http.flag());
        builder.file("broken.php", "<?php fwrite(STDERR, \"no database\\n\"); exit(3);")
                .script(builder.project().resolve("broken.php"));

        try (DaemonProcess daemon = builder.start()) {
            await().until(() -> http.status(READY) == 200);
            await().until(() -> http.get(READY).body().contains("no database"));
            assertThat(http.status(READY)).isEqualTo(200);
            Cli.in(daemon.directory())
                    .env("PARALLITE_SOCKET", daemon.socket())
                    .run("status")
                    .assertExit(0);
        }
    }

    @Test
    void statusExitsLikeReadiness() throws IOException {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1")
                                .json("{\"max_queue\": 1}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            Cli cli = Cli.in(daemon.directory()).env("PARALLITE_SOCKET", daemon.socket());
            cli.run("status").assertExit(0);
            client.send(task("runs", sleep(60_000))).send(task("waits", closure("fn () => 1")));
            await().until(() -> daemon.stats().queued() == 1);

            Cli.Ended full = cli.run("status").assertExit(1);

            assertThat(full.out()).contains("problem", "1 tasks wait and max_queue=1");
        }
    }

    @Test
    void keepsTheTokenFromWorkers() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", http.flag())
                                .env("PARALLITE_HTTP_TOKEN", TOKEN)
                                .startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("env", closure("fn () => getenv('PARALLITE_HTTP_TOKEN')"))
                    .assertResult(false);
            client.submit("all", closure("fn () => in_array('" + TOKEN + "', getenv(), true)"))
                    .assertResult(false);
        }
    }

    @Test
    void answersProbesWhileStrangersHoldConnections() throws IOException {
        try (DaemonProcess daemon =
                daemon("--fixed-workers", "1", "--max-workers", "4", http.flag())
                        .under("sh", "-c", "ulimit -n 400; exec \"$@\"", "sh")
                        .startAtRest()) {
            Path descriptors = Path.of("/proc/" + daemon.pid() + "/fd");
            List<Socket> strangers = new ArrayList<>();
            try {
                for (int i = 0; i < 2000; i++) {
                    Socket socket = new Socket(InetAddress.getLoopbackAddress(), http.port());
                    strangers.add(socket);
                    sendSome(socket, i);
                    if (i % 100 == 0) {
                        assertThat(http.status("/q/health/live")).isEqualTo(200);
                        assertThat(sockets(descriptors)).isLessThan(100);
                    }
                }
                assertThat(http.status(READY)).isEqualTo(200);
                try (TestClient client = daemon.connect()) {
                    client.submit("task", closure("fn () => 'served'")).assertResult("served");
                }
                assertThat(sockets(descriptors)).isLessThan(100);
            } finally {
                for (Socket socket : strangers) {
                    socket.close();
                }
            }
        }
    }

    /** Nothing; the beginning of a request; one that has no end; one that is answered. */
    private static void sendSome(Socket socket, int which) {
        String[] some = {
            "",
            "GET / HT",
            "POST /api/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx",
            "GET /q/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
        };
        try {
            socket.getOutputStream()
                    .write(some[which % some.length].getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            // its place has been taken already
        }
    }

    @Test
    void keepsTheConnectionOfARequestThatRuns() throws Exception {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1", http.flag())
                                .under("sh", "-c", "ulimit -n 400; exec \"$@\"", "sh")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            Path goOn = daemon.directory().resolve("go-on");
            client.send(
                    task(
                            "runs",
                            closure(
                                    "function () { while (!file_exists('%s')) { usleep(20000); clearstatcache(); } }"
                                            .formatted(goOn))));
            await().until(() -> daemon.stats().busy() == 1);
            CompletableFuture<Http.Answer> reload =
                    CompletableFuture.supplyAsync(
                            () -> http.post("/api/reload", "X-Parallite", "1"));
            await().until(() -> daemon.log().contains("reloaded over HTTP"));
            List<Socket> strangers = new ArrayList<>();
            try {
                for (int i = 0; i < 200; i++) {
                    strangers.add(new Socket(InetAddress.getLoopbackAddress(), http.port()));
                }
                Files.createFile(goOn);

                assertThat(reload.get(1, MINUTES).status()).isEqualTo(200);
            } finally {
                for (Socket socket : strangers) {
                    socket.close();
                }
            }
        }
    }

    /** How many of these descriptors are sockets. */
    private static long sockets(Path descriptors) throws IOException {
        long count = 0;
        try (DirectoryStream<Path> open = Files.newDirectoryStream(descriptors)) {
            for (Path descriptor : open) {
                try {
                    String target = Files.readSymbolicLink(descriptor).toString();
                    count += target.startsWith("socket:") ? 1 : 0;
                } catch (NoSuchFileException e) {
                    // it has been closed meanwhile
                }
            }
        }
        return count;
    }

    @Test
    void saysThatThePortIsTaken() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "none", http.flag()).start()) {
            DaemonProcess.Ended second = daemon("--fixed-workers", "none", http.flag()).run();

            assertThat(second.exitCode()).isEqualTo(69);
            assertThat(second.log())
                    .contains("cannot serve HTTP on 127.0.0.1:" + http.port(), "http_port")
                    .doesNotContain("\tat ");
            assertThat(daemon.isAlive()).isTrue();
        }
    }
}
