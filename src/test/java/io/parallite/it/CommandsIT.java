package io.parallite.it;

import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.parallite.cli.ExitCode;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands that talk to a daemon, as processes of their own. */
final class CommandsIT {

    private static DaemonProcess daemon;
    private static Cli cli;

    @TempDir private Path directory;

    @BeforeAll
    static void start() {
        daemon = daemon("--fixed-workers", "2", "--max-workers", "3").startAtRest();
        cli =
                Cli.in(daemon.directory().resolve("project"))
                        .env("PARALLITE_SOCKET", daemon.socket());
    }

    @AfterAll
    static void stop() {
        daemon.close();
    }

    @Test
    void showsHowTheDaemonIsDoing() {
        daemon.assertRestored(); // after whatever test came before
        Cli.Ended status = cli.run("status").assertExit(0);

        assertThat(status.out())
                .contains("pid " + daemon.pid(), "2 idle, 0 busy (2 kept, at most 3)", "0 waiting");
        assertThat(cli.run("status", "--json").assertExit(0).json().map("pool"))
                .containsEntry("fixed_workers", 2);
    }

    @Test
    void failsWhenItsOutputIsLost() {
        assumeTrue(Files.exists(Path.of("/dev/full")), "there is no /dev/full");
        for (String command :
                List.of(
                        "submit -- echo words",
                        "submit --php 6*7",
                        "submit --detach -- true",
                        "status",
                        "workers --json",
                        "tasks",
                        "config",
                        "doctor --json",
                        "failures",
                        "top",
                        "pause",
                        "resume",
                        "completion bash",
                        "--help",
                        "--version")) {
            Cli.Ended ended = cli.runInShell("parallite " + command + " > /dev/full");

            assertThat(ended.exitCode()).as(command).isEqualTo(ExitCode.OUTPUT);
            assertThat(ended.err())
                    .as(command)
                    .contains("parallite: output is lost, standard output: No space left");
        }
        assertThat(cli.runInShell("parallite demo > /dev/full"))
                .returns(ExitCode.OUTPUT, Cli.Ended::exitCode)
                .extracting(Cli.Ended::err)
                .asString()
                .contains("parallite: output is lost");
        assertThat(cli.runInShell("parallite submit -- sh -c 'echo a; exit 3' > /dev/full"))
                .extracting(Cli.Ended::exitCode)
                .isEqualTo(3);
    }

    @Test
    void aReaderThatHasReadEnoughIsNoFault() {
        Cli.Ended ended = cli.runInShell("parallite --help | head -n 1");

        assertThat(ended.exitCode()).isZero();
        assertThat(ended.err()).isEmpty();
    }

    @Test
    void listsWorkers() {
        daemon.assertRestored(); // after whatever test came before
        assertThat(cli.run("workers").assertExit(0).out().lines())
                .hasSize(3)
                .first()
                .asString()
                .startsWith("NAME");
        assertThat(cli.run("workers", "--json").assertExit(0).out().lines())
                .hasSize(2)
                .allMatch(line -> line.startsWith("{\"name\":\"work-"));
    }

    @Test
    void passesOnWhatACommandPrintsAndItsExitCode() throws IOException {
        Files.writeString(directory.resolve("here"), "");

        Cli.Ended ended =
                cli.run(
                        "submit",
                        "--cwd",
                        directory.toString(),
                        "--env",
                        "WORD=said",
                        "sh",
                        "-c",
                        "ls; echo $WORD; printf '\\303\\274n\\303\\257\\n'; echo oops >&2; exit 7");

        assertThat(ended.exitCode()).isEqualTo(7);
        assertThat(ended.out()).isEqualTo("here\nsaid\nünï\n");
        assertThat(ended.err()).isEqualTo("oops\n");
    }

    /** The words stand in a file, because a JVM without a locale could not pass them on. */
    @ParameterizedTest
    @ValueSource(strings = {"C", "xx_YY.UTF-8", "xx_YY.utf8", "xx_YY", "xx_YY@euro"})
    void readsArgumentsAsUtf8InALocaleThatIsNotThere(String locale) throws IOException {
        Path script = directory.resolve("say.sh");
        Files.writeString(
                script, "parallite submit --env WORD=ünï sh -c 'printf \"%s|%s\" \"$WORD\" ß'\n");

        Cli.Ended ended = cli.env("LC_ALL", locale).runInShell(". " + script);

        assertThat(ended.assertExit(0).out()).isEqualTo("ünï|ß");
    }

    @Test
    void measuresTheDaemon() {
        Cli.Ended ended = cli.run("bench", "--tasks", "5", "--json");

        assertThat(ended.assertExit(0).out()).contains("\"tasks\":5");
    }

    @Test
    void runsACommandWhereItWasAskedFor() {
        assertThat(cli.run("submit", "--", "pwd").assertExit(0).out().strip())
                .isEqualTo(daemon.directory().resolve("project").toString());
    }

    @Test
    void runsIsolatedPhpInAWorkerOfItsOwn() {
        String once = "if (defined('RAN')) { return 'again'; } return define('RAN', 1);";
        for (int i = 0; i < 3; i++) {
            assertThat(cli.run("submit", "--isolate", "--php", once).assertExit(0).out())
                    .isEqualTo("true\n");
        }
    }

    @Test
    void runsPhpCodeInAWorker() {
        assertThat(cli.run("submit", "--php", "6 * 7").assertExit(0).out()).isEqualTo("42\n");
        assertThat(cli.run("submit", "--php", "$x = 5; return [$x, 'a' => null];").out())
                .isEqualTo("{\n  \"0\": 5,\n  \"a\": null\n}\n");
        assertThat(cli.run("submit", "--php", "fn () => 6 * 7").assertExit(0).out())
                .isEqualTo("42\n");
        assertThat(cli.run("submit", "--php", "echo 'hi';").assertExit(0).out()).isEqualTo("hi");
        assertThat(cli.run("submit", "--php", "x x").assertExit(1).err())
                .contains("cannot be parsed", "INVALID_PAYLOAD");
    }

    @Test
    void runsAPhpFileWithArguments() throws IOException {
        Path file =
                Files.writeString(
                        directory.resolve("job.php"),
                        "<?php echo __FILE__, \"\\n\"; return implode('+', array_slice($argv, 1));");

        assertThat(cli.run("submit", "--file", file.toString(), "a", "-b").assertExit(0).out())
                .isEqualTo(file + "\na+-b\n");
        assertThat(cli.run("submit", "--file", "missing.php").assertExit(64).err())
                .contains("missing.php cannot be read");
    }

    @Test
    void tellsWhyATaskFailed() {
        Cli.Ended failed =
                cli.run("submit", "--id", "it-fails", "--php", "throw new DomainException('no')");

        assertThat(failed.exitCode()).isEqualTo(1);
        assertThat(failed.out()).isEmpty();
        assertThat(failed.err()).contains("DomainException: no (EXCEPTION)");
        assertThat(cli.run("status", "it-fails").assertExit(0).out())
                .contains("failed", "EXCEPTION");
        assertThat(cli.run("tasks", "--status", "failed").assertExit(0).out())
                .contains("it-fails", "EXCEPTION: no");
        assertThat(cli.run("submit", "--timeout", "100ms", "sleep", "5").assertExit(1).err())
                .contains("TIMEOUT");
    }

    @Test
    void followsADetachedTaskToItsResult() {
        String id = cli.run("submit", "--detach", "--php", "'late'").assertExit(0).out().strip();

        assertThat(id).startsWith("cli-");
        assertThat(cli.run("tail", id).assertExit(0).out()).isEqualTo("late\n");
        assertThat(cli.run("tail", "never-heard-of").assertExit(1).err()).contains("NOT_FOUND");
    }

    @Test
    void showsProgressAndValuesAsTheyCome() {
        Cli.Ended ended =
                cli.run(
                        "submit",
                        "--stream",
                        "--php",
                        "B7s\\Parallite\\Task::emit('one');"
                                + " B7s\\Parallite\\Task::progress(0.5, 'half'); return 'two';");

        assertThat(ended.assertExit(0).out()).isEqualTo("one\ntwo\n");
        assertThat(ended.err()).contains("50 %, half");
    }

    @Test
    void tellsAllOfOneTask() {
        String code =
                "B7s\\Parallite\\Task::progress(0.25, 'a quarter'); echo \"before\\nit\\x1b[2J broke\"; $f = function () { throw new DomainException('no stock', 42); }; $f();";
        cli.run("submit", "--id", "it-throws", "--php", code).assertExit(1);
        cli.run("submit", "--detach", "--id", "it-runs", "sleep", "60").assertExit(0);

        Cli.Ended failed = cli.run("task", "it-throws").assertExit(0);
        assertThat(failed.out())
                .containsPattern("task +it-throws\n")
                .containsPattern("status +failed\n")
                .containsPattern("submitted +20.*Z\n")
                .containsPattern("started +20.*Z\n")
                .containsPattern("completed +20.*Z\n")
                .containsPattern("worker +work-[0-9a-z-]+\n")
                .containsPattern("pid +[1-9][0-9]*\n")
                .containsPattern("error code +EXCEPTION\n")
                .containsPattern("error +no stock\n")
                .containsPattern("progress +25 %, a quarter\n")
                .containsPattern("thrown +DomainException at .+:[0-9]+\n")
                .containsPattern("code +42\n")
                .containsPattern("trace\n  #0 ")
                .containsPattern("output\n  before\n  it\\?\\[2J broke\n");
        assertThat(cli.run("task", "it-throws", "--json").assertExit(0).out())
                .contains("\"class\":\"DomainException\"", "\"code\":42", "\"output\":\"before");
        assertThat(cli.run("task", "it-runs").assertExit(0).out())
                .containsPattern("status +running\n")
                .containsPattern("pid +[1-9][0-9]*\n");
        assertThat(cli.run("task", "never-heard-of").assertExit(1).err()).contains("NOT_FOUND");
        cli.run("cancel", "it-runs").assertExit(0);
    }

    @Test
    void tellsTheNameAndTheOutputSoFarOfARunningTask() {
        try (TestClient client = daemon.connect()) {
            client.send(
                    Map.of(
                            "task_id",
                            "it-prints",
                            "name",
                            "nightly\u202e import",
                            "command",
                            List.of("sh", "-c", "echo one; echo oops >&2; exec sleep 60")));

            await().untilAsserted(
                            () ->
                                    assertThat(cli.run("task", "it-prints").assertExit(0).out())
                                            .containsPattern("name +nightly\\? import\n")
                                            .containsPattern("status +running\n")
                                            .contains("output\n", "  one\n", "  oops\n"));
            cli.run("cancel", "it-prints").assertExit(0);
            assertThat(cli.run("task", "it-prints").assertExit(0).out())
                    .containsPattern("name +nightly\\? import\n");
        }
    }

    @Test
    void groupsFailuresByKindAndPlace() {
        try (DaemonProcess fresh = daemon("--fixed-workers", "1").startAtRest()) {
            groupsFailures(Cli.in(directory).env("PARALLITE_SOCKET", fresh.socket()));
        }
    }

    private static void groupsFailures(Cli cli) {
        assertThat(cli.run("failures").assertExit(0).out()).isEqualTo("no task has failed\n");
        String code = "throw new DomainException('no stock');";
        cli.run("submit", "--id", "g1", "--php", code).assertExit(1);
        cli.run("submit", "--id", "g2", "--php", code).assertExit(1);
        cli.run("submit", "--timeout", "100ms", "--id", "g3", "sleep", "5").assertExit(1);

        assertThat(cli.run("failures").assertExit(0).out().lines().toList())
                .hasSize(3)
                .satisfies(
                        lines -> {
                            assertThat(lines.get(1)).containsPattern("^ +1  TIMEOUT .* g3 ");
                            assertThat(lines.get(2))
                                    .containsPattern(
                                            "^ +2  EXCEPTION .* g2 .*DomainException at .+: no stock$");
                        });
        assertThat(cli.run("failures", "--json", "-n", "1").assertExit(0).out())
                .startsWith("{\"error_code\":\"TIMEOUT\",\"count\":1,")
                .contains("\"task_id\":\"g3\"");
    }

    @Test
    void cancelsTasks() {
        cli.run("submit", "--detach", "--id", "long-one", "sleep", "60").assertExit(0);

        assertThat(cli.run("cancel", "long-one", "unknown").assertExit(1).out())
                .isEqualTo("long-one is cancelled\n");
        assertThat(cli.run("cancel", "long-one").assertExit(1).err())
                .contains("was cancelled before");
        assertThat(cli.run("tasks", "--status", "cancelled").assertExit(0).out())
                .contains("long-one", "CANCELLED");
        assertThat(cli.run("tasks", "--status", "failed").assertExit(0).out())
                .doesNotContain("long-one");
        assertThat(cli.run("status").assertExit(0).out()).containsPattern("[1-9][0-9]* cancelled");
        daemon.assertRestored();
    }

    @Test
    void cancelsTheTaskOnCtrlC() throws Exception {
        Process submit = cli.start("submit", "--id", "interrupted", "sleep", "60");
        await().until(() -> cli.run("status", "interrupted").out().contains("running"));

        Processes.signal(submit.pid(), "INT");

        assertThat(submit.waitFor()).isEqualTo(130);
        assertThat(cli.run("status", "interrupted").out()).contains("CANCELLED");
        daemon.assertRestored();
    }

    @Test
    void reloadsWorkers() {
        var before = daemon.descendants();

        assertThat(cli.run("reload").assertExit(0).out()).startsWith("replaced 2 workers in ");

        await().untilAsserted(
                        () -> assertThat(daemon.descendants()).doesNotContainAnyElementsOf(before));
    }

    @Test
    void printsOneLookWhereThereIsNoTerminal() {
        daemon.assertRestored(); // after whatever test came before
        assertThat(cli.run("top").assertExit(0).out())
                .contains("workers  2 idle, 0 busy", "NAME", "work-1")
                .doesNotContain("\033");
    }

    @Test
    void endsQuietlyWhenNobodyReadsOn() {
        Cli.Ended ended = cli.runInShell("parallite workers --json | head -1");

        assertThat(ended.assertExit(0).out().lines()).hasSize(1);
        assertThat(ended.err()).isEmpty();
    }

    @Test
    void stopsTheDaemonAndWaits() {
        try (DaemonProcess other = daemon("--fixed-workers", "1").start()) {
            Cli stopper = Cli.in(directory);

            stopper.run("stop", "--wait=20s", "--socket", other.socket().toString()).assertExit(0);

            assertThat(other.isAlive()).isFalse();
            assertThat(other.awaitEnd().exitCode()).isZero();
        }
    }

    @Test
    void saysThatThereIsNoDaemon() {
        String nowhere = directory.resolve("none.sock").toString();

        Cli.Ended ended = cli.run("status", "--socket", nowhere).assertExit(69);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err()).contains("no daemon runs at " + nowhere, "--socket");
        assertThat(cli.run("top", "--json", "--socket", nowhere).assertExit(69).json().errorCode())
                .isEqualTo("UNAVAILABLE");
    }

    @Test
    void saysThatSomethingElseListens() throws IOException {
        Path path = directory.resolve("other.sock");
        try (ServerSocketChannel web = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            web.bind(UnixDomainSocketAddress.of(path));
            var answering = CompletableFuture.runAsync(() -> answerLikeAWebServer(web));

            Cli.Ended ended = cli.run("workers", "--socket", path.toString()).assertExit(69);

            assertThat(ended.err()).contains("is not Parallite");
            answering.join();
        }
        assertThat(cli.run("workers", "--socket", path.toString()).assertExit(69).err())
                .contains("no daemon listens at " + path);
    }

    private static void answerLikeAWebServer(ServerSocketChannel server) {
        try (SocketChannel client = server.accept()) {
            client.read(ByteBuffer.allocate(1024));
            client.write(
                    ByteBuffer.wrap(
                            "HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void refusesBadArguments() {
        assertThat(cli.run("submit").assertExit(64).err()).contains("give one of COMMAND");
        assertThat(cli.run("workers", "--nope").assertExit(64).err())
                .contains("parallite workers --help");
        assertThat(cli.run("wokers").assertExit(64).err()).contains("workers");
        assertThat(cli.run("cancel", "--grace", "soon", "x").assertExit(64).err())
                .contains("--grace: 'soon' is not a duration");
    }

    @Test
    void findsTheSocketInAFileAbove() throws IOException {
        Path below = Files.createDirectories(directory.resolve("a/b"));
        Files.writeString(
                directory.resolve("parallite.json"),
                "{\"socket\": \"%s\"}".formatted(daemon.socket()));

        assertThat(Cli.in(below).run("status").assertExit(0).out())
                .contains("at " + daemon.socket());
    }

    @Test
    void everyCommandExplainsItself() {
        String overview = cli.run("--help").assertExit(0).out();

        for (String command :
                "status workers tasks top submit tail cancel reload stop doctor config completion bench"
                        .split(" ")) {
            assertThat(overview).contains("\n  " + command + " ");
            assertThat(cli.run(command, "--help").assertExit(0).out())
                    .as(command)
                    .contains("Usage: parallite " + command, "Examples:")
                    .containsPattern("Exit (codes|status):");
        }
    }
}
