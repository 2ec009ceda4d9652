package io.parallite.it;

import static io.parallite.deploy.Tool.project;
import static io.parallite.deploy.Tool.tool;
import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.parallite.NotifiedMessages;
import io.parallite.cli.ExitCode;
import io.parallite.deploy.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The daemon under a service manager: what it tells it, and the files that are shipped for it. */
final class ServiceIT {

    private static final Path UNIT = project("deploy/systemd/parallite.service");

    /** What {@code systemd-analyze security} calls OK. */
    private static final double EXPOSURE_LIMIT = 2.5;

    @TempDir Path directory;

    @Test
    void tellsWhenItServesReloadsAndStops() throws InterruptedException {
        String name = directory.resolve("notify").toString();
        try (NotifiedMessages manager = new NotifiedMessages(name);
                DaemonProcess daemon =
                        daemon("--fixed-workers", "1")
                                .env("NOTIFY_SOCKET", name)
                                .env("WATCHDOG_USEC", "400000")
                                .start();
                TestClient client = daemon.connect()) {
            assertThat(manager.nextButWatchdog())
                    .isEqualTo("READY=1\nSTATUS=accepts connections on " + daemon.socket());
            assertThat(manager.next()).isEqualTo("WATCHDOG=1");
            assertThat(manager.next()).isEqualTo("WATCHDOG=1");

            daemon.signal("HUP");
            assertThat(manager.nextButWatchdog())
                    .startsWith("RELOADING=1\nMONOTONIC_USEC=")
                    .endsWith("STATUS=replacing workers");
            assertThat(manager.nextButWatchdog())
                    .isEqualTo(
                            "READY=1\nSTATUS=accepts connections on %s; workers replaced: 1"
                                    .formatted(daemon.socket()));

            client.submit("env", closure("fn () => getenv('NOTIFY_SOCKET')")).assertResult(false);
            Gate gate = Gate.of(daemon);
            client.send(TestClient.task("running", gate.task()));
            StoppingIT.awaitBusy(daemon, 1);
            daemon.signal("TERM");

            assertThat(manager.nextButWatchdog())
                    .startsWith("STOPPING=1\nEXTEND_TIMEOUT_USEC=14000000");
            gate.open();
            client.receive("running").assertResult("passed");
            assertThat(daemon.awaitEnd().exitCode()).isZero();
        }
    }

    @Test
    void systemdFindsNothingWrongWithTheUnit() throws IOException {
        assumeTrue(Tool.isInstalled("systemd-analyze"), "systemd-analyze is not installed");
        Path unit = directory.resolve("parallite.service");
        Files.writeString(
                unit,
                Files.readString(UNIT)
                        .replace("/usr/bin/parallite", Distribution.launcher().toString())
                        .replace("man:parallite(1) ", ""));

        Tool.Ended verified = tool("systemd-analyze", "verify", "--man=no", unit).run();
        assertThat(verified.output()).doesNotContain("parallite.service");
        verified.ok();

        String security = tool("systemd-analyze", "security", "--offline=true", unit).run().ok();
        Matcher exposure =
                Pattern.compile("Overall exposure level for parallite.service: ([0-9.]+)")
                        .matcher(security);
        assertThat(exposure.find()).as(security).isTrue();
        assertThat(Double.parseDouble(exposure.group(1))).isLessThanOrEqualTo(EXPOSURE_LIMIT);
    }

    @Test
    void runsAsTheUnitSays() throws IOException {
        DaemonBuilder builder = daemon().withoutSocketFlag();
        builder.file("parallite.json", Files.readString(project("deploy/debian/parallite.json")));

        try (DaemonProcess daemon = builder.flags(words("ExecStart", builder)).startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("task", closure("fn () => 'served'")).assertResult("served");
            assertThat(daemon.log()).doesNotContain("does not exist");

            Cli.in(directory).run(words("ExecReload", builder)).assertExit(0);
            assertThat(daemon.log()).contains("workers are reloaded replaced=2");
            Cli.in(directory).run(words("ExecStop", builder)).assertExit(0);
            assertThat(daemon.awaitEnd().exitCode()).isZero();
        }
    }

    @Test
    void isNotRestartedForWhatARestartCannotMend() throws IOException {
        String codes = "%d %d %d".formatted(ExitCode.USAGE, ExitCode.UNAVAILABLE, ExitCode.CONFIG);
        assertThat(setting("RestartPreventExitStatus")).isEqualTo(codes);

        String manual = Files.readString(project("deploy/debian/parallite.1"));
        assertThat(codes.split(" ")).allSatisfy(code -> assertThat(manual).contains(code + " "));
    }

    /** The words of a command of the unit's, for this daemon. */
    private static String[] words(String name, DaemonBuilder builder) throws IOException {
        String command = setting(name);
        assertThat(command).startsWith("/usr/bin/parallite ");
        return command.substring("/usr/bin/parallite ".length())
                .replace("/run/parallite/parallite.sock", builder.socket().toString())
                .replace(
                        "/etc/parallite/parallite.json",
                        builder.project().resolve("parallite.json").toString())
                .split(" ");
    }

    private static String setting(String name) throws IOException {
        Matcher line = Pattern.compile("(?m)^" + name + "=(.*)$").matcher(Files.readString(UNIT));
        assertThat(line.find()).as(name).isTrue();
        return line.group(1);
    }

    @Test
    void goesOnLoggingWhenItsLogIsRotated() throws IOException {
        assumeTrue(Tool.isInstalled("logrotate"), "logrotate is not installed");
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--debug")
                                .under("sh", "-c", "exec \"$@\" >>../log 2>&1", "sh")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            Path log = daemon.directory().resolve("log");
            Path rules = directory.resolve("rules");
            Files.writeString(
                    rules,
                    Files.readString(project("deploy/logrotate/parallite"))
                            .replace("/var/log/parallite/*.log", log.toString()));
            client.submit("before", closure("fn () => 1")).assertResult(1);
            await().until(() -> daemon.log().contains("task has ended task=before"));

            tool("logrotate", "--force", "--state", directory.resolve("state"), rules).run().ok();
            client.submit("after", closure("fn () => 2")).assertResult(2);

            await().until(() -> daemon.log().contains("task has ended task=after"));
            assertThat(Path.of(log + ".1")).content().contains("task=before");
            assertThat(log).content().contains("task=after").doesNotContain("task=before", "\0");
        }
    }
}
