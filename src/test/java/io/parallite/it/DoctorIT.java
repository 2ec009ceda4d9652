package io.parallite.it;

import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code doctor} and {@code config} find in a project. */
final class DoctorIT {

    @TempDir private Path project;
    private Cli cli;

    @BeforeEach
    void enterProject() {
        cli =
                Cli.in(project)
                        .env("XDG_RUNTIME_DIR", project)
                        .env("PARALLITE_SOCKET", project.resolve("p.sock"));
    }

    @Test
    void findsAWellMachineWell() {
        assertThat(cli.run("doctor").assertExit(0).out().lines())
                .anyMatch(line -> line.matches("ok +configuration +valid.*"))
                .anyMatch(line -> line.matches("ok +php +8\\.\\d+\\..*"))
                .anyMatch(line -> line.matches("ok +closures .*(laravel|opis).*"))
                .anyMatch(line -> line.matches("ok +java +25.*"))
                .anyMatch(line -> line.matches("ok +daemon +none runs at .*p.sock.*"))
                .anyMatch(line -> line.matches("ok +socket .*"))
                .anyMatch(line -> line.matches("ok +run directory .*"))
                .noneMatch(line -> line.startsWith("fail"));
        assertThat(cli.run("doctor", "--json").assertExit(0).out().lines())
                .allMatch(line -> line.startsWith("{\"level\":\""));
    }

    @Test
    void findsTheDaemonThatRuns() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest()) {
            assertThat(
                            cli.run("doctor", "--socket", daemon.socket().toString())
                                    .assertExit(0)
                                    .out()
                                    .lines())
                    .anyMatch(
                            line ->
                                    line.matches(
                                            "ok +daemon .*pid " + daemon.pid() + ".*1 idle.*"));
        }
    }

    @Test
    void tellsWhatWorkersMakeOfOpcache() {
        assertThat(doctor("opcache"))
                .matches("ok +opcache +workers share compiled code in its file cache");
        assertThat(cli.env("PARALLITE_WORKER_TRANSPORT", "stdio").run("doctor").out())
                .contains("is off for workers");
        assertThat(cli.env("PARALLITE_PHP_OPTIONS", "-d,opcache.enable_cli=1").run("doctor").out())
                .contains("is on for workers without a file cache");
    }

    @Test
    void tellsWhetherWorkersCanBeForked() throws IOException {
        assertThat(doctor("fork")).startsWith("ok").contains("are forked from one that has booted");
        assertThat(cli.env("PARALLITE_WORKER_START", "exec").run("doctor").out())
                .containsPattern("ok +fork +workers could be forked .*worker_start=auto");
        assertThat(
                        cli.env("PARALLITE_PHP_OPTIONS", "-d,disable_functions=pcntl_fork")
                                .run("doctor")
                                .out())
                .containsPattern("ok +fork +.* could not be forked: pcntl_fork cannot be called");

        Files.writeString(
                project.resolve("parallite.json"),
                "{\"worker_start\": \"fork\", \"bootstrap\": \"boot.php\"}");
        Files.writeString(
                project.resolve("boot.php"), "<?php $GLOBALS['kept'] = fopen(__FILE__, 'r');");
        assertThat(cli.run("doctor").assertExit(0).out())
                .containsPattern("ok +fork +workers are forked from one that has booted")
                .containsPattern("warn +fork +forks share .*/boot.php")
                .contains("-> close it there, or open it anew in Hooks::afterFork()");

        Files.writeString(
                project.resolve("boot.php"),
                "<?php $GLOBALS['kept'] = stream_socket_server('tcp://127.0.0.1:0');");
        assertThat(doctor("fork"))
                .startsWith("warn")
                .contains("workers are started", "leave 1 socket open");

        assertThat(
                        cli.env("PARALLITE_PHP_OPTIONS", "-d,disable_functions=pcntl_fork")
                                .env("PARALLITE_ISOLATION", "task")
                                .run("doctor")
                                .assertExit(0)
                                .out())
                .containsPattern("warn +fork +.*pcntl_fork cannot be called")
                .containsPattern("warn +isolation +every task has a process of its own");
    }

    @Test
    void comparesTheMemoryOfWorkersWithTheirLimits() throws IOException {
        Files.writeString(
                project.resolve("parallite.json"),
                "{\"php_options\": [\"-d\", \"memory_limit=64M\"], \"worker_max_memory_mb\": 64}");
        assertThat(doctor("worker memory"))
                .startsWith("warn")
                .contains("is not below PHP's memory_limit of 67.1 MB");

        Files.writeString(project.resolve("parallite.json"), "{\"worker_max_memory_mb\": 2}");
        assertThat(doctor("worker memory"))
                .startsWith("fail")
                .contains("each is replaced after its first task");
    }

    private String doctor(String topic) {
        return cli.run("doctor")
                .out()
                .lines()
                .filter(line -> line.substring(6).startsWith(topic))
                .findFirst()
                .orElse("");
    }

    @Test
    void findsWhatKeepsADaemonFromRunning() throws IOException {
        Files.writeString(project.resolve("boot.php"), "<?php throw new Exception('no database');");
        Files.writeString(
                project.resolve("parallite.json"),
                "{\"php_includes\": [\"boot.php\"], \"max_worker\": 3}");
        Files.writeString(project.resolve("p.sock"), "not a socket");
        Path left = Files.createDirectory(project.resolve("parallite-run-left"));
        Files.setPosixFilePermissions(left, PosixFilePermissions.fromString("rwx------"));
        Files.createFile(left.resolve("lock"));
        Files.createDirectory(project.resolve("parallite-run-99999999999999999999-x"));

        assertThat(cli.run("doctor").assertExit(1).out())
                .containsPattern("fail +configuration +unknown key \"max_worker\"")
                .containsPattern("fail +boot +a worker does not boot here: Exception: no database")
                .containsPattern("fail +socket .*exists and is not a socket")
                .containsPattern("warn +run directory .*parallite-run-left");
    }

    @Test
    void looksAtEachPool() throws IOException {
        Files.writeString(
                project.resolve("parallite.json"),
                """
                {"pools": {"well": {"max_workers": 2},
                           "old": {"php_binary": "php-of-another-age"},
                           "lost": {"worker_script": "nowhere.php"}}}
                """);

        assertThat(cli.run("doctor").assertExit(1).out().lines())
                .as("the sum over all pools")
                .anyMatch(line -> line.contains("98 workers and the daemon need"))
                .anyMatch(line -> line.matches("ok +pool well +its workers start"))
                .anyMatch(
                        line ->
                                line.matches(
                                        "fail +pool old +php: php-of-another-age is not on the PATH"))
                .anyMatch(line -> line.matches("fail .*pool lost: .*nowhere.php.*"));
    }

    @Test
    void findsThatThereIsNoPhp() {
        assertThat(
                        cli.env("PARALLITE_PHP_BINARY", "php-of-nowhere")
                                .run("doctor")
                                .assertExit(1)
                                .out())
                .containsPattern("fail +php +php-of-nowhere is not on the PATH")
                .contains("-> install PHP's command line (php-cli)");
        assertThat(cli.env("PARALLITE_PHP_BINARY", "false").run("doctor").assertExit(1).out())
                .containsPattern("fail +php +false does not run");
    }

    @Test
    void showsWhereEachValueComesFrom() throws IOException {
        Path file = project.toRealPath().resolve("parallite.json");
        Files.writeString(file, "{\"fixed_workers\": 3, \"max_workers\": 5}");

        assertThat(
                        cli.env("PARALLITE_MAX_WORKERS", "6")
                                .env("PARALLITE_HTTP_TOKEN", "0123456789abcdef")
                                .run("config", "--timeout-ms", "70")
                                .assertExit(0)
                                .out()
                                .lines())
                .anyMatch(line -> line.matches("fixed_workers +3 +" + file))
                .anyMatch(line -> line.matches("max_workers +6 +PARALLITE_MAX_WORKERS"))
                .anyMatch(line -> line.matches("timeout_ms +70 +--timeout-ms"))
                .anyMatch(line -> line.matches("http_token +\\*\\*\\* +PARALLITE_HTTP_TOKEN"))
                .anyMatch(line -> line.matches("max_queue +10000 +default"));
    }

    @Test
    void checksAFileForCi() throws IOException {
        Path good = Files.writeString(project.resolve("good.json"), "{\"fixed_workers\": 3}");
        Path bad =
                Files.writeString(
                        project.resolve("bad.json"), "{\"fixed_workers\": -3, \"fail_mod\": 1}");

        assertThat(cli.run("config", "--check", good.toString()).assertExit(0).out())
                .isEqualTo("the configuration is valid\n");
        assertThat(cli.run("config", "--check", bad.toString()).assertExit(78).err().lines())
                .satisfiesExactly(
                        first -> assertThat(first).contains("fixed_workers=-3"),
                        second -> assertThat(second).contains("did you mean \"fail_mode\""));
        cli.run("config", "--check", "missing.json").assertExit(78);
        assertThat(cli.run("config", "--schema").assertExit(0).json().fields())
                .containsKey("properties");
    }

    @Test
    void completesInShells() {
        assertThat(cli.runInShell("parallite completion bash | bash -n").assertExit(0).err())
                .isEmpty();
        assertThat(cli.run("completion", "fish").assertExit(0).out())
                .contains("complete -c parallite -n __fish_use_subcommand -a status -d ")
                .doesNotContain("rehearse");
        cli.run("completion", "tcsh").assertExit(64);
    }
}
