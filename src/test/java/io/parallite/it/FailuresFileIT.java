package io.parallite.it;

import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Failures that outlive their daemon, when that is asked for. */
final class FailuresFileIT {

    @TempDir private Path directory;

    @Test
    void theNextDaemonKnowsWhatFailedBefore() throws IOException {
        Path file = directory.resolve("failures of a shop.jsonl");
        String code =
                "echo 'last words'; $f = function () { throw new DomainException('no stock'); };"
                        + " $f();";
        try (DaemonProcess first = daemon("--failures-file", file.toString()).startAtRest()) {
            Cli cli = cli(first);
            cli.run("submit", "--id", "before-1", "--php", code).assertExit(1);
            cli.run("submit", "--id", "before-2", "--php", code).assertExit(1);
        }
        assertThat(Files.readAllLines(file)).hasSize(2);

        try (DaemonProcess next = daemon("--failures-file", file.toString()).startAtRest()) {
            Cli cli = cli(next);
            assertThat(cli.run("failures").assertExit(0).out())
                    .containsPattern("(?m)^ +2  EXCEPTION .* before-2 +DomainException at ");
            assertThat(cli.run("task", "before-1").assertExit(0).out())
                    .contains("no stock", "last words", "trace\n  #0 ")
                    .containsPattern("pid +[1-9]");
            cli.run("submit", "--id", "after", "--php", code).assertExit(1);
            assertThat(cli.run("failures").assertExit(0).out())
                    .containsPattern("(?m)^ +3  EXCEPTION .* after ");
        }
    }

    @Test
    void aFileThatCannotBeWrittenStopsTheStart() {
        DaemonProcess.Ended ended =
                daemon("--failures-file", directory.resolve("none/f").toString()).run();

        assertThat(ended.exitCode()).isEqualTo(78);
        assertThat(ended.log()).contains("failures_file=", "cannot be written");
    }

    private static Cli cli(DaemonProcess daemon) {
        return Cli.in(daemon.directory().resolve("project"))
                .env("PARALLITE_SOCKET", daemon.socket());
    }
}
