package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.wire.Encoding;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Flag over environment over file over default, and what is refused of each. */
final class ConfigurationIT {

    private static final int BAD_CONFIGURATION = 78;

    @Test
    @DisplayName("Line 19: an unknown key stops the start, with the nearest known one")
    void refusesUnknownKey() {
        assertRefused(
                daemon().json("{\"fixed_worker\": 4}"),
                "fixed_worker",
                "parallite.json",
                "did you mean \"fixed_workers\"");
    }

    @Test
    @DisplayName("Line 19: a bad value in the file stops the start")
    void refusesBadValueInFile() {
        assertRefused(
                daemon().json("{\"timeout_ms\": \"soon\"}"),
                "timeout_ms",
                "soon",
                "parallite.json",
                "whole number");
    }

    @Test
    @DisplayName("Line 19: a bad value in the environment stops the start")
    void refusesBadValueInEnvironment() {
        assertRefused(
                daemon().env("PARALLITE_FIXED_WORKERS", "-1"),
                "fixed_workers",
                "-1",
                "PARALLITE_FIXED_WORKERS",
                "0 to 1000");
    }

    @Test
    @DisplayName("Line 19: an unknown variable with our prefix is told, with the nearest known one")
    void tellsUnknownVariable() {
        DaemonBuilder builder =
                daemon("--fixed-workers", "none").env("PARALLITE_FIXED_WORKER", "4");

        try (DaemonProcess daemon = builder.start()) {
            assertThat(daemon.log()).contains("PARALLITE_FIXED_WORKER", "PARALLITE_FIXED_WORKERS");
        }
    }

    @Test
    @DisplayName("Line 19: a bad value of a flag stops the start")
    void refusesBadValueOfFlag() {
        assertRefused(
                daemon("--fail-mode", "explode"),
                "fail_mode",
                "explode",
                "--fail-mode",
                "continue or restart");
    }

    @Test
    @DisplayName("Line 19: values that contradict each other stop the start")
    void refusesMoreFixedWorkersThanWorkers() {
        assertRefused(
                daemon("--fixed-workers", "9").json("{\"max_workers\": 8}"),
                "fixed_workers=9",
                "max_workers=8");
    }

    @Test
    @DisplayName("Line 19: a file that is no JSON stops the start, with line and column")
    void refusesFileThatIsNoJson() {
        assertRefused(daemon().json("{\n  \"fixed_workers\": 4,,\n}"), "parallite.json", "line 2");
    }

    @Test
    @DisplayName("Line 19: a worker script that does not exist stops the start")
    void refusesMissingWorkerScript() {
        assertRefused(
                daemon().json("{\"worker_script\": \"no/such.php\"}"),
                "worker_script",
                "no/such.php");
    }

    @Test
    void looksForTheWorkerScriptThatTheFileOfTheGoClientNames() {
        DaemonBuilder builder =
                daemon().json("{\"worker_script\": \"src/Support/parallite-worker.php\"}");
        try (DaemonProcess daemon = builder.start();
                TestClient client = daemon.connect()) {
            client.submit("t", closure("fn () => 42")).assertResult(42);
            assertThat(daemon.log())
                    .contains("worker_script=src/Support/parallite-worker.php does not exist");
        }
    }

    @Test
    void startsWithTheFlagsOfClientsForTheGoDaemon() {
        DaemonBuilder builder =
                daemon(
                        "-worker-script=vendor/no/such.php",
                        "-timeout-ms=0",
                        "--fixed-workers",
                        "0",
                        "--prefix-name",
                        "",
                        "--fail-mode",
                        "restart",
                        "--max-payload-bytes=0",
                        "--debug=false");
        try (DaemonProcess daemon = builder.json("{\"fixed_workers\": 2}").startAtRest();
                TestClient client = daemon.connect()) {
            assertThat(daemon.stats().idle()).isEqualTo(2);
            client.submit("failing", closure("fn () => exit(1)")).assertFailure("EXITED");
            client.submit("next", closure("fn () => 'next'")).assertResult("next");
            assertThat(daemon.log()).contains("--worker-script=vendor/no/such.php does not exist");
        }
    }

    @Test
    void refusesUnknownFlag() {
        var ended = daemon("--fixed-worker", "4").run();

        assertThat(ended.exitCode()).isEqualTo(64);
        assertThat(ended.log()).contains("--fixed-worker", "--fixed-workers");
    }

    private static void assertRefused(DaemonBuilder builder, String... words) {
        var ended = builder.run();

        assertThat(ended.exitCode()).isEqualTo(BAD_CONFIGURATION);
        assertThat(ended.log()).contains(words).doesNotContain("\tat ");
        assertThat(ended.log().lines()).hasSize(1);
    }

    @Test
    void putsAValueOfAnyKindOnOneLine() {
        assertRefused(daemon("--fixed-workers", "1\n2"), "fixed_workers=1\\n2 in flag");
        // in the file: an argument would be in the encoding of the tests' locale
        assertRefused(
                daemon().json("{\"prefix_name\": \"a\\nb\\u202e\"}"),
                "prefix_name=a\\nb\\u202e in ");
    }

    @Test
    void takesFlagBeforeEnvironmentBeforeFileBeforeDefault() {
        assertThat(fixedWorkers(daemon())).isEqualTo(1);

        DaemonBuilder file = daemon().json("{\"fixed_workers\": 2, \"prefix_name\": \"file\"}");
        DaemonBuilder environment =
                daemon().json("{\"fixed_workers\": 2}").env("PARALLITE_FIXED_WORKERS", "3");
        DaemonBuilder flag =
                daemon("--fixed-workers", "4")
                        .json("{\"fixed_workers\": 2}")
                        .env("PARALLITE_FIXED_WORKERS", "3");

        assertThat(fixedWorkers(file)).isEqualTo(2);
        assertThat(fixedWorkers(environment)).isEqualTo(3);
        assertThat(fixedWorkers(flag)).isEqualTo(4);
    }

    private static long fixedWorkers(DaemonBuilder builder) {
        try (DaemonProcess daemon = builder.startAtRest()) {
            return daemon.stats().workers().size();
        }
    }

    @Test
    void readsTheFileThatItIsGiven() {
        DaemonBuilder builder = daemon().file("conf/other.json", "{\"prefix_name\": \"php\"}");
        builder.flags("--config", builder.project().resolve("conf/other.json").toString());
        builder.json("{\"prefix_name\": \"not-this\"}");

        try (DaemonProcess daemon = builder.startAtRest()) {
            assertThat(daemon.stats().workers().getFirst().name()).isEqualTo("php-1");
        }
    }

    @Test
    void acceptsWhatTheClientOfTheGoDaemonGives() {
        DaemonBuilder builder = daemon();
        builder.withoutSocketFlag()
                .file("include.php", "<?php function included(): string { return 'included'; }")
                .file(
                        "parallite.json",
                        """
                        {
                          "_comment": "as written by the client of the Go daemon",
                          "php_includes": ["include.php"],
                          "enable_benchmark": true,
                          "debug_logs": false,
                          "worker_debug_logs": true,
                          "go_overrides": {
                            "_comments": {"timeout_ms": "milliseconds"},
                            "timeout_ms": 30000, "fixed_workers": 1, "prefix_name": "worker",
                            "fail_mode": "continue", "max_payload_bytes": 10485760
                          },
                          "_comments": {"php_includes": "files to load"},
                          "fail_mode": "stop"
                        }
                        """)
                .flags("--config", builder.project().resolve("parallite.json").toString())
                .flags("--socket", builder.socket().toString())
                .flags("--timeout-ms", "30000", "--fixed-workers", "2", "--prefix-name", "upstream")
                .flags("--fail-mode", "continue", "--max-payload-bytes", "10485760")
                .flags("--worker-script", Distribution.php("parallite-worker.php").toString());

        try (DaemonProcess daemon = builder.startAtRest();
                TestClient client = daemon.connect(Encoding.MESSAGE_PACK)) {
            var request = TestClient.task("task", closure("fn () => included()"));
            request.put("type", "submit");
            request.put("context", List.of());

            Reply reply = client.call(request).assertResult("included");
            client.submit("bad", closure("function () { throw new Exception('x'); }"))
                    .assertFailure("EXCEPTION");

            assertThat(reply.map("benchmark")).containsKey("execution_time_ms");
            assertThat(daemon.stats().workers().getFirst().name()).startsWith("upstream-");
            daemon.assertRestored();
        }
    }

    @Test
    void readsNoFileThatTheProjectHasForItself() {
        DaemonBuilder builder =
                daemon().file(
                                ".env",
                                "PARALLITE_FIXED_WORKERS=3\nPARALLITE_TIMEOUT_MS=soon\n"
                                        + "QUARKUS_LOG_LEVEL=nonsense\nAPP_NAME=\"${NOWHERE}\"\n")
                        .file(
                                "config/application.properties",
                                "parallite.prefix-name=planted\nquarkus.log.level=nonsense\n")
                        .file("application.properties", "parallite.prefix-name=planted\n");

        try (DaemonProcess daemon = builder.startAtRest()) {
            assertThat(daemon.stats().workers())
                    .singleElement()
                    .satisfies(worker -> assertThat(worker.name()).isEqualTo("work-1"));
        }
    }

    @Test
    void takesNoVariablesThatAreNotItsOwn() {
        DaemonBuilder builder = daemon();
        String planted = builder.project().resolve("planted.properties").toString();
        builder.file("planted.properties", "parallite.prefix-name=planted\n")
                .env("QUARKUS_CONFIG_LOCATIONS", planted)
                .env("SMALLRYE_CONFIG_LOCATIONS", planted)
                .env("QUARKUS_PROFILE", "planted")
                .env("QUARKUS_HTTP_HOST_ENABLED", "true")
                .env("QUARKUS_HTTP_PORT", "1")
                .env("QUARKUS_LOG_LEVEL", "nonsense");

        try (DaemonProcess daemon = builder.startAtRest()) {
            assertThat(daemon.stats().workers().getFirst().name()).isEqualTo("work-1");
        }
    }

    @Test
    void refusesToStartWithTooFewOpenFiles() {
        for (int files : new int[] {40, 64, 80}) {
            assertRefused(
                    daemon().under("sh", "-c", "ulimit -n " + files + "; exec \"$0\" \"$@\""),
                    files + " files may be open",
                    "ulimit -n");
        }
    }

    @Test
    void refusesToStartInADirectoryThatIsGone() {
        var ended =
                daemon().under("sh", "-c", "mkdir gone; cd gone; rmdir ../gone; exec \"$0\" \"$@\"")
                        .run();

        assertThat(ended.exitCode()).isEqualTo(BAD_CONFIGURATION);
        // the shell itself may have a line of its own for that
        assertThat(ended.log().lines().filter(line -> !line.startsWith("sh: ")))
                .singleElement()
                .asString()
                .contains("current directory", "deleted");
    }

    @Test
    void listensWhereTheEnvironmentSays() {
        DaemonBuilder builder = daemon("--fixed-workers", "none");
        String other = builder.project().resolve("other.sock").toString();
        builder.listeningAt("", UnixDomainSocketAddress.of(other))
                .withoutSocketFlag()
                .env("PARALLITE_SOCKET", other);

        try (DaemonProcess daemon = builder.start()) {
            assertThat(daemon.stats().fixed()).isZero();
        }
    }
}
