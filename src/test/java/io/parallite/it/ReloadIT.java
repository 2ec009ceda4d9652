package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Workers are replaced by new ones on SIGHUP, as a deployment does it. */
final class ReloadIT {

    private final String release = closure("fn () => release()");

    @Test
    void followsTheLinkOfADeployment() {
        try (DaemonProcess daemon = deployment("first").startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("before", release).assertResult("first");

            deploy(daemon, "second", "return 'second';");
            client.submit("not-yet", release).assertResult("first");
            daemon.signal("HUP");

            await().untilAsserted(
                            () ->
                                    assertThat(daemon.log())
                                            .contains("workers are reloaded replaced=2"));
            client.submit("after", release).assertResult("second");
            client.submit("where", closure("fn () => basename(getcwd())")).assertResult("second");
            daemon.assertRestored();
        }
    }

    /** As a service manager starts it: in another directory, and without PWD. */
    @Test
    void followsTheLinkOfTheDirectoryThatIsConfigured() throws IOException {
        DaemonBuilder builder = deployment("first").under("env", "--unset=PWD", "--chdir=/");
        Path current = builder.project().resolve("current");
        builder.flags("--directory", current.toString())
                .flags("--config", current.resolve("parallite.json").toString());
        try (DaemonProcess daemon = builder.startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("before", release).assertResult("first");

            deploy(daemon, "second", "return 'second';");
            reload(daemon).assertExit(0);
            client.submit("after", release).assertResult("second");
            client.submit("where", closure("fn () => basename(getcwd())")).assertResult("second");

            Files.delete(current);
            assertThat(reload(daemon).assertExit(1).err())
                    .contains(current + ", does not exist", "set another directory");
            client.submit("still", release).assertResult("second");
        }
    }

    private static Cli.Ended reload(DaemonProcess daemon) {
        return Cli.in(daemon.directory()).run("reload", "--socket", daemon.socket().toString());
    }

    @Test
    void staysWithTheOldReleaseWhenTheNewOneDoesNotBoot() {
        try (DaemonProcess daemon = deployment("first").startAtRest();
                TestClient client = daemon.connect()) {
            List<Long> before = pids(daemon);

            deploy(daemon, "broken", "this is no PHP");
            daemon.signal("HUP");

            await().untilAsserted(
                            () ->
                                    assertThat(daemon.log())
                                            .contains("workers are not reloaded", "syntax error"));
            assertThat(pids(daemon)).isEqualTo(before);
            Processes.signal(before.getFirst(), "KILL");
            await().until(() -> daemon.stats().restarts() == 1);
            daemon.assertRestored();
            client.submit("a", release).assertResult("first");
            client.submit("b", release).assertResult("first");

            deploy(daemon, "fixed", "return 'fixed';");
            daemon.signal("HUP");
            await().untilAsserted(() -> assertThat(daemon.log()).contains("workers are reloaded"));
            client.submit("c", release).assertResult("fixed");
        }
    }

    @Test
    void losesNoTaskUnderLoad() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "4", "--max-workers", "4").startAtRest();
                TestClient client = daemon.connect()) {
            String payload = closure("function () { usleep(2000); return getmypid(); }");
            Set<Object> pids = new HashSet<>();
            int most = 0;
            for (int round = 0; round < 4; round++) {
                for (int i = 0; i < 400; i++) {
                    client.send(task("task-" + round + "-" + i, payload));
                }
                daemon.signal("HUP");
                for (int i = 0; i < 400; i++) {
                    Reply reply = client.receive("task-" + round + "-" + i);
                    assertThat(reply.ok()).as(reply.toString()).isTrue();
                    pids.add(reply.result());
                    if (i % 20 == 0) {
                        most = Math.max(most, livingAtOnce(daemon));
                    }
                }
                awaitReloads(daemon, round + 1);
            }

            assertThat(pids).hasSizeGreaterThan(8);
            assertThat(most)
                    .as("processes: four, the first new one, and what either are forked from")
                    .isLessThanOrEqualTo(7);
            daemon.assertRestored();
        }
    }

    /** Those that live after all have been found, as one may end while the next are looked for. */
    private static int livingAtOnce(DaemonProcess daemon) {
        return (int) daemon.descendants().stream().filter(Processes::isAlive).count();
    }

    private static void awaitReloads(DaemonProcess daemon, int times) {
        await().until(() -> daemon.log().split("workers are reloaded", -1).length > times);
    }

    @Test
    void runningTaskIsFinishedByItsOldWorker() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            client.send(task("long", sleep(6000)));
            StoppingIT.awaitBusy(daemon, 1);

            daemon.signal("HUP");
            client.submit("short", closure("fn () => 1")).assertResult(1);

            assertThat(client.isSilentFor(Duration.ofMillis(1)))
                    .as("the long one still runs")
                    .isTrue();
            client.receive("long").assertResult("slept");
            daemon.assertRestored();
        }
    }

    /** A daemon in {@code project/current}, a link to a release whose name is what it answers. */
    private static DaemonBuilder deployment(String release) {
        DaemonBuilder builder =
                daemon("--fixed-workers", "2", "--max-workers", "4")
                        .under("sh", "-c", "cd current && exec \"$@\"", "sh")
                        .file("releases/first/boot.php", release("return 'first';"))
                        .file(
                                "releases/first/parallite.json",
                                "{\"php_includes\": [\"boot.php\"]}");
        link(builder.project(), release);
        return builder;
    }

    private static String release(String body) {
        return "<?php function release() { " + body + " }";
    }

    private static void deploy(DaemonProcess daemon, String name, String body) {
        try {
            Path project = daemon.directory().resolve("project");
            Path directory = Files.createDirectories(project.resolve("releases/" + name));
            Files.writeString(directory.resolve("boot.php"), release(body));
            link(project, name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void link(Path project, String release) {
        try {
            Path next = project.resolve("next");
            Files.createSymbolicLink(next, Path.of("releases", release));
            Files.move(next, project.resolve("current"), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Long> pids(DaemonProcess daemon) {
        return daemon.stats().workers().stream().map(Stats.Worker::pid).sorted().toList();
    }
}
