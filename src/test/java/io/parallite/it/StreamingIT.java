package io.parallite.it;

import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.wire.Encoding;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What tasks print, told while they run; a command of these tests ends when it is allowed to. */
final class StreamingIT {

    private static DaemonProcess daemon;
    private static Cli cli;

    @TempDir private Path directory;

    @BeforeAll
    static void start() {
        daemon = daemon("--fixed-workers", "2").startAtRest();
        cli =
                Cli.in(daemon.directory().resolve("project"))
                        .env("PARALLITE_SOCKET", daemon.socket());
    }

    @AfterEach
    void restored() {
        daemon.assertRestored();
    }

    @AfterAll
    static void stop() {
        daemon.close();
    }

    /** Prints "one", waits for the file, prints "two". */
    private String oneThenTwo() {
        return "echo one; until [ -e %s ]; do sleep 0.05; done; echo two".formatted(allowance());
    }

    private Path allowance() {
        return directory.resolve("go-on");
    }

    private void letGoOn() {
        try {
            Files.writeString(allowance(), "");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static BufferedReader output(Process process) {
        return new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    private static Map<String, Object> command(String id, String line) {
        Map<String, Object> task = new HashMap<>();
        task.put("task_id", id);
        task.put("command", line);
        return task;
    }

    private static void awaitRunning(TestClient client, String id) {
        await().until(() -> client.call(request("status", id)).text("status").equals("running"));
    }

    private static List<String> pieces(TestClient client) {
        List<String> pieces = new ArrayList<>();
        for (Reply frame = client.receiveNext(); !frame.ok(); frame = client.receiveNext()) {
            if (frame.text("event").equals("output")) {
                pieces.add(frame.number("offset") + ":" + frame.text("data"));
            }
        }
        return pieces;
    }

    @Test
    void submitPassesOnWhatACommandPrintsWhileItRuns() throws Exception {
        Process submit = cli.start("submit", "--", "sh", "-c", oneThenTwo());
        BufferedReader out = output(submit);

        assertThat(out.readLine()).isEqualTo("one");
        assertThat(submit.isAlive()).isTrue();
        letGoOn();

        assertThat(out.readLine()).isEqualTo("two");
        assertThat(out.readLine()).isNull();
        assertThat(submit.waitFor()).isZero();
    }

    @Test
    void submitPassesOnWhatPhpPrintsWhileItRuns() throws Exception {
        String code =
                "echo \"one\\n\"; while (!file_exists('%s')) { usleep(50000); clearstatcache(); }"
                        + " echo \"two\\n\"; return 'three';";
        Process submit = cli.start("submit", "--php", code.formatted(allowance()));
        BufferedReader out = output(submit);

        assertThat(out.readLine()).isEqualTo("one");
        letGoOn();

        assertThat(out.lines()).containsExactly("two", "three");
    }

    @Test
    void tailShowsAllThatARunningCommandHasPrintedAndGoesOn() throws Exception {
        try (TestClient client = daemon.connect();
                TestClient other = daemon.connect()) {
            client.send(command("tailed", oneThenTwo()));
            awaitRunning(other, "tailed");
            Process tail = cli.start("tail", "tailed");
            BufferedReader out = output(tail);

            assertThat(out.readLine()).isEqualTo("one");
            letGoOn();

            assertThat(out.lines()).containsExactly("two");
            assertThat(tail.waitFor()).isZero();
            assertThat(client.receiveNext().map("result")).containsEntry("stdout", "one\ntwo\n");
        }
    }

    @Test
    void eachFollowerHearsEverythingOnceInItsEncoding() {
        try (TestClient submitter = daemon.connect();
                TestClient early = daemon.connect();
                TestClient late = daemon.connect(Encoding.MESSAGE_PACK)) {
            Map<String, Object> task = command("followed", oneThenTwo());
            task.put("stream_output", true);
            submitter.send(task);
            awaitRunning(late, "followed");
            for (TestClient follower : List.of(early, late)) {
                follower.send(request("tail", "followed"));
                assertThat(follower.receiveNext().text("event")).isEqualTo("state");
                assertThat(follower.receiveNext().text("data")).isEqualTo("one\n");
            }
            letGoOn();

            assertThat(pieces(early)).containsExactly("4:two\n");
            assertThat(pieces(late)).containsExactly("4:two\n");
            assertThat(pieces(submitter)).containsExactly("0:one\n", "4:two\n");
        }
    }

    @Test
    void whoDidNotAskHearsNothing() {
        try (TestClient client = daemon.connect();
                TestClient follower = daemon.connect()) {
            Map<String, Object> task = command("private", oneThenTwo());
            task.put("stream", true);
            client.send(task);
            awaitRunning(follower, "private");
            follower.send(request("tail", "private"));
            follower.receiveNext();
            assertThat(follower.receiveNext().text("data")).isEqualTo("one\n");
            follower.close();
            letGoOn();

            assertThat(pieces(client)).isEmpty();
        }
    }

    @Test
    void bytesArriveAsTheyAre() throws IOException {
        String od = " | od -An -tx1";
        assertThat(cli.runInShell("parallite submit -- printf '\\377\\000\\n'" + od).out().strip())
                .isEqualTo("ff 00 0a");
        assertThat(cli.runInShell("parallite submit --php 'hex2bin(\"fe00\")'" + od).out().strip())
                .isEqualTo("fe 00");
        assertThat(
                        cli.runInShell("parallite submit --php 'print(hex2bin(\"fe00\"));'" + od)
                                .out()
                                .strip())
                .isEqualTo("fe 00 31 0a");
    }

    @Test
    void tailShowsTheBytesOfATaskThatCameInMessagePack() {
        try (TestClient client = daemon.connect(Encoding.MESSAGE_PACK)) {
            client.call(command("packed", "printf '\\377'; printf '\\376' >&2"));
        }
        Cli.Ended ended = cli.runInShell("parallite tail packed 2>&1 | od -An -tx1");

        assertThat(ended.out().strip()).isEqualTo("ff fe");
    }

    @Test
    void jsonOutputSaysWhatIsInBase64() {
        assertThat(cli.run("submit", "--json", "--", "printf", "\\377").json().map("result"))
                .containsEntry("stdout", "/w==")
                .containsEntry("stdout_encoding", "base64");
    }

    @Test
    void aCancelledCommandGetsTimeToEnd() {
        try (TestClient client = daemon.connect();
                TestClient other = daemon.connect()) {
            String line = "trap 'exit 5' TERM; echo one; while :; do sleep 0.05; done";
            Map<String, Object> task = command("obeys", line);
            task.put("stream_output", true);
            client.send(task);
            assertThat(client.receiveNext().text("data")).isEqualTo("one\n");

            Map<String, Object> cancel = request("cancel", "obeys");
            cancel.put("grace_ms", 20_000);
            assertThat(other.call(cancel).fields()).containsEntry("cancelled", true);

            client.receiveNext().assertFailure("CANCELLED");
            await().until(() -> daemon.stats().idle() == 2);
            assertThat(daemon.stats().restarts()).isZero();
        }
    }
}
