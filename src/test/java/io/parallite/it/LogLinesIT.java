package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients and tasks choose reaches the log as text, and not as lines of it. */
final class LogLinesIT {

    private static final String FORGED = "2026-01-01 00:00:00.000 ERROR Daemon: forged";

    @ParameterizedTest
    @ValueSource(strings = {"text", "json"})
    void idsAndOutputOfOthersForgeNoLine(String format) {
        DaemonBuilder builder = daemon("--debug-logs", "--log-format", format);

        try (DaemonProcess daemon = builder.startAtRest();
                TestClient client = daemon.connect()) {
            for (String end : List.of("\n", "\r", "\u2028", "\u0085", "\u001b[2K\u001b[G")) {
                client.submit("id" + end + FORGED + " worker=forged", closure("fn () => 1"));
            }
            client.submit(
                    "prints",
                    closure(
                            "function () { fwrite(STDERR, \"a\\u{2028}"
                                    + FORGED
                                    + "\\u{202e}\\rb\\n\"); }"));
            client.submit(
                    "throws",
                    closure("function () { throw new Exception(\"a\\n" + FORGED + "\"); }"));

            await().until(
                            () ->
                                    daemon.log().contains("forged\\u202e")
                                            || daemon.log().contains("forged?"));
            assertThat(daemon.log().split("[\n\r\u2028\u0085]", -1))
                    .noneMatch(line -> line.startsWith(FORGED));
            assertThat(daemon.log()).doesNotContain("\u001b", "\u202e", "\u2028", "\u0085", "\r");
        }
    }

    @Test
    void tellsTheJournalThePriorityOfEachLine() {
        DaemonBuilder builder =
                daemon("--fixed-workers", "1")
                        .under(
                                "sh",
                                "-c",
                                "JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec \"$0\" \"$@\"");

        try (DaemonProcess daemon = builder.startAtRest()) {
            daemon.assertRestored();
            assertThat(daemon.log().lines())
                    .isNotEmpty()
                    .allMatch(line -> line.matches("<[3467]>.*"))
                    .anyMatch(line -> line.matches("<6>.* INFO .*accepts connections.*"));
        }
    }

    @Test
    void anIdCannotPassForTheKeysOfTheDaemon() {
        DaemonBuilder builder = daemon("--debug-logs", "--log-format", "json");

        try (DaemonProcess daemon = builder.startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("a task=b worker=forged", closure("fn () => 1"));

            await().until(() -> daemon.log().contains("task has ended"));
            assertThat(daemon.log()).doesNotContain("\"forged\"", "\"task\":\"b\"");
        }
    }
}
