package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.request;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Reloads that meet a stop, one another, or code that never gets done with booting. New workers
 * boot, and tasks end, when the test allows them to.
 */
final class ReloadTroubleIT {

    private static final String RELOAD = "reload";

    /** PHP that waits for a file of this name in the project. */
    private static String waitsFor(String file) {
        return "while (!file_exists('%s')) { usleep(10000); clearstatcache(); } ".formatted(file);
    }

    private static String longTask() {
        return closure("function () { " + waitsFor("task-may-end") + " return 'done'; }");
    }

    private static DaemonProcess started(int workers, String... settings) {
        String json = "{\"php_includes\": [\"boot.php\"]%s}".formatted(String.join("", settings));
        String number = Integer.toString(workers);
        return daemon("--fixed-workers", number, "--max-workers", number)
                .file("boot.php", "<?php")
                .json(json)
                .startAtRest();
    }

    /** From now on workers load this. */
    private static void deploy(DaemonProcess daemon, String code) {
        write(daemon, "boot.php", "<?php " + code);
    }

    private static void allow(DaemonProcess daemon, String what) {
        write(daemon, what, "");
    }

    private static void write(DaemonProcess daemon, String name, String text) {
        try {
            Path project = daemon.directory().resolve("project");
            Path file = Files.writeString(project.resolve(name + ".new"), text);
            Files.move(file, project.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void replace(DaemonProcess daemon, String code) {
        try {
            Files.delete(daemon.directory().resolve("project/boot.php"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        deploy(daemon, code);
    }

    private static void awaitCanary(DaemonProcess daemon) {
        await().untilAsserted(() -> assertThat(daemon.stats().inTransit()).isEqualTo(1));
    }

    @Test
    void stopsWhileTheFirstNewWorkerBoots() {
        try (DaemonProcess daemon = started(2);
                TestClient client = daemon.connect();
                TestClient operator = daemon.connect()) {
            client.send(task("long", longTask()));
            StoppingIT.awaitBusy(daemon, 1);
            replace(daemon, waitsFor("boot-may-end"));
            operator.send(request(RELOAD, RELOAD));
            awaitCanary(daemon);

            daemon.signal("TERM");

            operator.receive(RELOAD).assertFailure("RELOAD_FAILED", "stopping");
            await().untilAsserted(
                            () ->
                                    assertThat(daemon.workerTrees())
                                            .as("the worker with the task is left")
                                            .hasSize(1));
            assertThat(Files.exists(daemon.socket())).isFalse();
            allow(daemon, "task-may-end");
            client.receive("long").assertResult("done");
            assertThat(daemon.awaitEnd().exitCode()).isZero();
            assertThat(daemon.log()).doesNotContain("ERROR");
        }
    }

    @Test
    void stopsBetweenTheFirstNewWorkerAndTheLast() {
        try (DaemonProcess daemon = started(3, ", \"worker_start\": \"exec\"");
                TestClient operator = daemon.connect()) {
            replace(
                    daemon,
                    "if (getenv('WORKER_NAME') !== 'work-1') { " + waitsFor("boot-may-end") + "}");
            operator.send(request(RELOAD, RELOAD));
            await().until(() -> daemon.stats().restarts() == 1 && daemon.stats().inTransit() == 1);

            daemon.signal("TERM");

            operator.receive(RELOAD).assertFailure("RELOAD_FAILED", "stopping");
            assertThat(daemon.awaitEnd().exitCode()).isZero();
        }
    }

    @Test
    void refusesToReloadWhileItDrains() {
        try (DaemonProcess daemon = started(1);
                TestClient client = daemon.connect();
                TestClient operator = daemon.connect()) {
            client.send(task("long", longTask()));
            StoppingIT.awaitBusy(daemon, 1);
            List<Long> before = daemon.workerTrees();
            daemon.signal("TERM");
            await().until(() -> !Files.exists(daemon.socket()));

            daemon.signal("HUP");
            operator.call(request(RELOAD, RELOAD)).assertFailure("RELOAD_FAILED", "stopping");

            assertThat(daemon.workerTrees()).isEqualTo(before);
            allow(daemon, "task-may-end");
            client.receive("long").assertResult("done");
            assertThat(daemon.awaitEnd().exitCode()).isZero();
        }
    }

    @Test
    void twoReloadsAtOnceAreOne() {
        try (DaemonProcess daemon = started(2);
                TestClient one = daemon.connect();
                TestClient other = daemon.connect()) {
            replace(daemon, waitsFor("boot-may-end"));
            one.send(request(RELOAD, RELOAD));
            awaitCanary(daemon);
            other.send(request(RELOAD, RELOAD));
            daemon.signal("HUP");
            await().until(() -> daemon.log().split("reload is asked for", -1).length == 1 + 2);
            assertThat(daemon.stats().inTransit()).isEqualTo(1);

            allow(daemon, "boot-may-end");

            for (TestClient client : List.of(one, other)) {
                assertThat(client.receive(RELOAD).fields())
                        .containsEntry("ok", true)
                        .containsEntry("replaced", 2);
            }
            assertThat(daemon.stats().restarts()).isEqualTo(2);
            daemon.assertRestored();
        }
    }

    @Test
    void givesUpOnANewWorkerThatHangs() {
        try (DaemonProcess daemon = started(2, ", \"start_timeout_ms\": 6000");
                TestClient client = daemon.connect();
                TestClient operator = daemon.connect()) {
            List<Long> before = daemon.workerTrees();
            replace(daemon, waitsFor("nothing-that-will-be"));
            operator.send(request(RELOAD, RELOAD));
            awaitCanary(daemon);

            client.submit("meanwhile", closure("fn () => 1")).assertResult(1);
            operator.receive(RELOAD).assertFailure("RELOAD_FAILED", "start_timeout_ms=6000");

            daemon.assertRestored();
            assertThat(daemon.workerTrees()).containsExactlyInAnyOrderElementsOf(before);
            client.submit("afterwards", closure("fn () => 2")).assertResult(2);
            replace(daemon, "");
            assertThat(operator.call(Map.of("type", RELOAD, "task_id", "again")).fields())
                    .containsEntry("replaced", 2);
        }
    }
}
