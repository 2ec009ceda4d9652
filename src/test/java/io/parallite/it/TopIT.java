package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code parallite top} on a real terminal. */
final class TopIT {

    private static final String LEAVES = "\033[?25h\033[?1049l";

    private static DaemonProcess daemon;
    private static Cli cli;

    @TempDir private Path directory;

    @BeforeAll
    static void start() {
        assumeTrue(
                PseudoTerminal.isAvailable(),
                "script(1) of util-linux makes the terminal; it is not here, or can't");
        daemon = daemon("--fixed-workers", "2").startAtRest();
        cli =
                Cli.in(daemon.directory().resolve("project"))
                        .env("PARALLITE_SOCKET", daemon.socket());
    }

    @AfterAll
    static void stop() {
        if (daemon != null) {
            daemon.close();
        }
    }

    /** Top between two looks at the terminal's settings, on 24 lines of 100 characters. */
    private PseudoTerminal top() {
        return cli.onTerminal(
                "stty rows 24 cols 100; stty -a >%1$s; parallite top; code=$?; stty -a >%2$s; exit $code"
                        .formatted(before(), after()));
    }

    private Path before() {
        return directory.resolve("before");
    }

    private Path after() {
        return directory.resolve("after");
    }

    private static void awaitScreen(PseudoTerminal terminal, String... words) {
        await().untilAsserted(() -> assertThat(terminal.screen()).contains(words));
    }

    private void assertTerminalRestored(PseudoTerminal terminal) throws IOException {
        assertThat(terminal.output()).startsWith("\033[?1049h\033[?25l").contains(LEAVES);
        assertThat(terminal.output().substring(terminal.output().lastIndexOf(LEAVES)))
                .as("nothing is drawn once the screen is given back")
                .isEqualTo(LEAVES);
        assertThat(after()).hasSameTextualContentAs(before());
        assertThat(Files.readString(after())).contains(" icanon ", " echo ", "isig ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"q", "\003"})
    void quitsByKeyAndGivesTheTerminalBack(String key) throws IOException {
        try (PseudoTerminal terminal = top()) {
            awaitScreen(terminal, "work-1", "work-2", "2 idle, 0 busy", "q quit");

            terminal.type(key);

            assertThat(terminal.awaitEnd()).isZero();
            assertTerminalRestored(terminal);
        }
    }

    @Test
    void followsARunningTask() throws IOException {
        Path goOn = directory.resolve("go-on");
        String waits =
                "function () { while (!file_exists('%s')) { usleep(20000); clearstatcache(); } }"
                        .formatted(goOn);
        try (PseudoTerminal terminal = top();
                TestClient client = daemon.connect()) {
            awaitScreen(terminal, "2 idle, 0 busy");

            client.send(task("report-4711", closure(waits)));
            awaitScreen(terminal, "1 idle, 1 busy", "report-4711");
            await().untilAsserted(
                            () ->
                                    assertThat(terminal.screen().lines())
                                            .anyMatch(
                                                    line ->
                                                            line.matches(
                                                                    "work-\\d +\\d+ +busy +report-4711 .*")));

            Files.writeString(goOn, "");
            assertThat(client.receiveNext().ok()).isTrue();
            await().untilAsserted(
                            () ->
                                    assertThat(terminal.screen())
                                            .contains("2 idle, 0 busy", "work-2")
                                            .doesNotContain("report-4711"));
            terminal.type("q");
            assertThat(terminal.awaitEnd()).isZero();
        }
    }

    @Test
    void obeysKeysWithinTheWindow() throws IOException {
        try (PseudoTerminal terminal = top()) {
            awaitScreen(terminal, "by task");
            terminal.type("m");
            awaitScreen(terminal, "by memory");
            assertThat(terminal.screen().lines().count()).isLessThanOrEqualTo(24);
            terminal.type("q");
            assertThat(terminal.awaitEnd()).isZero();
        }
    }

    @Test
    void givesTheTerminalBackWhenItIsTerminated() throws IOException {
        try (PseudoTerminal terminal =
                cli.onTerminal(
                        "stty -a >%s; sh -c 'echo $$ >%s; exec parallite top'; stty -a >%s"
                                .formatted(before(), directory.resolve("pid"), after()))) {
            awaitScreen(terminal, "work-1");

            String pid = Files.readString(directory.resolve("pid")).strip();
            Processes.signal(Long.parseLong(pid), "TERM");

            terminal.awaitEnd();
            assertThat(terminal.output()).contains(LEAVES);
            assertThat(after()).hasSameTextualContentAs(before());
        }
    }

    @Test
    void saysThatTheDaemonHasGoneAndGoesOnWhenItIsBack() {
        try (DaemonProcess first = daemon("--fixed-workers", "1").startAtRest();
                PseudoTerminal terminal =
                        cli.env("PARALLITE_SOCKET", first.socket()).onTerminal("parallite top")) {
            awaitScreen(terminal, "pid " + first.pid());

            first.signal("TERM");
            assertThat(first.awaitEnd().exitCode()).isZero();
            awaitScreen(terminal, "no daemon runs at " + first.socket());
            try (DaemonProcess second =
                    daemon("--fixed-workers", "1")
                            .listeningAt(
                                    first.socket().toString(),
                                    UnixDomainSocketAddress.of(first.socket()))
                            .start()) {
                awaitScreen(terminal, "pid " + second.pid());
            }
            terminal.type("q");
            assertThat(terminal.awaitEnd()).isZero();
        }
    }
}
