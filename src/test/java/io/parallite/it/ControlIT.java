package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What operators steer while the daemon runs: by command, and over HTTP. */
final class ControlIT {

    private final Http http = Http.onFreePort();

    private static Cli cli(DaemonProcess daemon) {
        return Cli.in(daemon.directory()).env("PARALLITE_SOCKET", daemon.socket());
    }

    /** A task that runs until {@code file} is there. */
    private static String until(Path file) {
        return closure(
                "function () { while (!file_exists('%s')) { usleep(20000); clearstatcache(); } return 'done'; }"
                        .formatted(file));
    }

    @Test
    void pauseHoldsTasksUntilResume() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            Cli cli = cli(daemon);
            cli.run("pause").assertExit(0);
            client.send(task("waits", closure("fn () => 'ran'")));
            await().until(() -> daemon.stats().queued() == 1);
            assertThat(cli.run("status").assertExit(0).out()).contains("now", "paused");

            cli.run("resume").assertExit(0);

            client.receive("waits").assertResult("ran");
        }
    }

    @Test
    void logTellsWhoActed() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            Cli cli = cli(daemon);
            client.send(task("own", until(daemon.directory().resolve("never"))));
            client.send(task("other", closure("fn () => 1")));
            StoppingIT.awaitBusy(daemon, 1);
            for (String command : List.of("pause", "resume", "scale 2", "reload", "cancel own")) {
                cli.run(command.split(" ")).assertExit(0);
            }
            client.send(TestClient.request("cancel", "other"));
            client.call(TestClient.request("ping", "p"));
            cli.run("stop").assertExit(0);
            assertThat(daemon.awaitEnd().exitCode()).isZero();

            for (String action : List.of("pause", "resume", "scale", "reload", "stop")) {
                assertThat(daemon.log())
                        .containsPattern(action + " is asked for.* by=\\[uid \\d+, pid \\d+\\]");
            }
            assertThat(daemon.log())
                    .contains("scale is asked for workers=2 by=")
                    .containsPattern("cancelling is asked for task=own by=\\[uid \\d+, pid \\d+\\]")
                    .as("what a program cancels of its own tasks is no news")
                    .doesNotContain("task=other");
        }
    }

    @Test
    void drainFinishesAllTasksTakesNoneAndSaysSo() throws IOException {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1", http.flag())
                                .startAtRest();
                TestClient client = daemon.connect();
                TestClient other = daemon.connect()) {
            Cli cli = cli(daemon);
            Path goOn = daemon.directory().resolve("go-on");
            client.send(task("runs", until(goOn))).send(task("waits", closure("fn () => 2")));
            await().until(() -> daemon.stats().queued() == 1);

            cli.run("drain", "--timeout", "200ms").assertExit(1);

            other.submit("late", closure("fn () => 3"))
                    .assertFailure("SHUTTING_DOWN", "is being drained");
            assertThat(http.get("/q/health/ready").body()).contains("is being drained");
            assertThat(cli.run("status").assertExit(1).out()).contains("draining");
            Files.createFile(goOn);
            assertThat(cli.run("drain").assertExit(0).out()).contains("no task is left");
            client.receive("runs").assertResult("done");
            client.receive("waits").assertResult(2);
            assertThat(daemon.log())
                    .containsSubsequence(
                            "the daemon drains: new tasks are refused in_flight=2",
                            "the daemon is drained: no task is in flight");

            cli.run("resume").assertExit(0);
            other.submit("again", closure("fn () => 3")).assertResult(3);
            assertThat(http.status("/q/health/ready")).isEqualTo(200);
        }
    }

    @Test
    void scaleChangesTheNumberOfWorkers() {
        try (DaemonProcess daemon =
                daemon("--fixed-workers", "1", "--max-workers", "4", http.flag()).startAtRest()) {
            Cli cli = cli(daemon);
            cli.run("scale", "3").assertExit(0);
            await().until(() -> daemon.stats().idle() == 3);

            assertThat(cli.run("scale", "5").assertExit(1).err()).contains("exceeds max_workers=4");
            cli.run("scale", "-1").assertExit(1);
            cli.run("scale", "many").assertExit(64);

            assertThat(http.post("/api/scale?workers=2").status()).isEqualTo(403);
            assertThat(http.post("/api/scale?workers=2", "X-Parallite", "1").json())
                    .containsEntry("fixed_workers", 2);
            await().until(() -> daemon.stats().workers().size() == 2);
            assertThat(http.post("/api/scale?workers=x", "X-Parallite", "1").status())
                    .isEqualTo(400);
            assertThat(http.post("/api/scale?workers=9", "X-Parallite", "1").body())
                    .contains("exceeds max_workers=4");
            assertThat(daemon.log()).contains("scale to 2 over HTTP by=127.0.0.1");
        }
    }

    @Test
    void pausesOverHttp() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest()) {
            assertThat(http.post("/api/pause", "X-Parallite", "1").json())
                    .containsEntry("paused", true);
            assertThat(http.post("/api/drain", "X-Parallite", "1").json())
                    .containsEntry("draining", true)
                    .containsEntry("paused", false);
            assertThat(http.post("/api/resume", "X-Parallite", "1").json())
                    .containsEntry("draining", false);
        }
    }

    @Test
    void reloadWaitsForAsLongAsItIsTold() throws IOException {
        try (DaemonProcess daemon =
                daemon("--fixed-workers", "1")
                        .file("slow.php", "<?php if (is_file(__DIR__ . '/slow')) { sleep(3); }")
                        .json("{\"php_includes\": [\"slow.php\"]}")
                        .startAtRest()) {
            Files.createFile(daemon.directory().resolve("project").resolve("slow"));

            Cli.Ended ended = cli(daemon).run("reload", "--timeout", "100ms").assertExit(1);

            assertThat(ended.err()).contains("has not ended within", "goes on");
            cli(daemon).run("reload").assertExit(0);
        }
    }
}
