package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A reload reads the configuration file anew. */
final class ReloadConfigIT {

    private static final String MEMORY = closure("fn () => ini_get('memory_limit')");

    @Test
    void takesOverWhatCanChangeAndNamesTheRest() {
        try (DaemonProcess daemon =
                        daemon().json("{\"fixed_workers\": 1, \"timeout_ms\": 60000}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            write(
                    daemon,
                    """
                    {"fixed_workers": 3, "timeout_ms": 200, "max_queue": 4, "prefix_name": "other",
                     "php_options": ["-d", "memory_limit=77M"]}""");

            Cli.Ended reload = reload(daemon);

            assertThat(reload.assertExit(0).out())
                    .contains(
                            "replaced 3 workers",
                            "changed: fixed_workers, timeout_ms, php_options, max_queue\n",
                            "needs a restart: prefix_name\n");
            assertThat(daemon.log()).contains("settings need a restart to count: prefix_name");
            client.submit("memory", MEMORY).assertResult("77M");
            client.submit("long", closure("fn () => sleep(600)"))
                    .assertFailure("TIMEOUT", "timeout_ms=200");
            await().untilAsserted(() -> assertThat(names(daemon)).hasSize(3));
            assertThat(names(daemon)).allMatch(name -> name.startsWith("work-"));
            assertThat(status(daemon)).contains("\"max_queue\":4", "\"fixed_workers\":3");
        }
    }

    @Test
    void changesNothingWhenTheFileIsNotValid() {
        try (DaemonProcess daemon = daemon().json("{\"fixed_workers\": 2}").startAtRest();
                TestClient client = daemon.connect()) {
            List<Long> before = pids(daemon);
            write(daemon, "{\"fixed_workers\": 3, \"max_queu\": 4}");

            assertThat(reload(daemon).assertExit(1).err())
                    .contains("unknown key \"max_queu\"", "did you mean \"max_queue\"?");
            daemon.signal("HUP");
            await().untilAsserted(
                            () ->
                                    assertThat(daemon.log())
                                            .containsPattern("(?s)not reloaded.*not reloaded"));

            assertThat(pids(daemon)).isEqualTo(before);
            client.submit("still", closure("fn () => 1")).assertResult(1);
        }
    }

    @Test
    void changesNothingWhenNoWorkerBootsWithIt() {
        try (DaemonProcess daemon = daemon().json("{\"max_queue\": 7}").startAtRest()) {
            write(daemon, "{\"max_queue\": 8, \"php_binary\": \"/nowhere/php\"}");

            assertThat(reload(daemon).assertExit(1).err()).contains("/nowhere/php");

            assertThat(status(daemon)).contains("\"max_queue\":7");
            daemon.assertRestored();
        }
    }

    @Test
    void flagsAndVariablesGoOnTakingPrecedence() {
        try (DaemonProcess daemon =
                daemon("--fixed-workers", "2")
                        .env("PARALLITE_MAX_QUEUE", "5")
                        .json("{\"fixed_workers\": 1}")
                        .startAtRest()) {
            write(daemon, "{\"fixed_workers\": 3, \"max_queue\": 9, \"max_workers\": 40}");

            assertThat(reload(daemon).assertExit(0).out())
                    .contains("replaced 2 workers", "changed: max_workers\n");

            assertThat(status(daemon))
                    .contains("\"max_queue\":5", "\"fixed_workers\":2", "\"max_workers\":40");
        }
    }

    /** The log says more, and less, without a restart. */
    @Test
    void switchesTheLogOfTasks() {
        try (DaemonProcess daemon = daemon().json("{}").startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("quiet", closure("fn () => 1")).assertResult(1);
            write(daemon, "{\"debug_logs\": true}");
            reload(daemon).assertExit(0);
            client.submit("loud", closure("fn () => 1")).assertResult(1);
            await().untilAsserted(() -> assertThat(daemon.log()).contains("task=loud"));

            write(daemon, "{}");
            reload(daemon).assertExit(0);
            client.submit("quiet-again", closure("fn () => 1")).assertResult(1);
            daemon.stop();

            assertThat(daemon.log()).doesNotContain("task=quiet");
        }
    }

    private static void write(DaemonProcess daemon, String json) {
        try {
            Files.writeString(daemon.directory().resolve("project/parallite.json"), json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Cli.Ended reload(DaemonProcess daemon) {
        return Cli.in(daemon.directory()).run("reload", "--socket", daemon.socket().toString());
    }

    private static String status(DaemonProcess daemon) {
        return Cli.in(daemon.directory())
                .run("status", "--json", "--socket", daemon.socket().toString())
                .assertExit(0)
                .out()
                .replace(" ", "");
    }

    private static List<Long> pids(DaemonProcess daemon) {
        return daemon.stats().workers().stream().map(Stats.Worker::pid).sorted().toList();
    }

    private static List<String> names(DaemonProcess daemon) {
        return daemon.stats().workers().stream().map(Stats.Worker::name).sorted().toList();
    }
}
