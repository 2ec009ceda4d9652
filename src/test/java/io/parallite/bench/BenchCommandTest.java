package io.parallite.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

@Timeout(300)
class BenchCommandTest {

    @TempDir Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void printsTableAndEndsWithZero() throws IOException {
        try (FakeDaemon daemon = new FakeDaemon(directory, FakeDaemon::echo)) {
            int status = run(daemon, "-n", "20", "-c", "2");

            assertThat(status).isZero();
            assertThat(out.toString()).contains("2 connections x 1", "tasks     20 in", "p99.9");
            assertThat(err.toString()).isEmpty();
        }
    }

    @Test
    void keepsStandardOutputForJsonAlone() throws IOException {
        try (FakeDaemon daemon = new FakeDaemon(directory, FakeDaemon::echo)) {
            int status = run(daemon, "-d", "1100ms", "-w", "0", "--json", "--msgpack");

            assertThat(status).isZero();
            assertThat(out.toString().lines())
                    .singleElement()
                    .asString()
                    .startsWith("{")
                    .endsWith("}");
            assertThat(err.toString()).isEmpty();
        }
    }

    @Test
    void saysOnceASecondHowItGoesUnlessQuiet() throws IOException {
        try (FakeDaemon daemon = new FakeDaemon(directory, FakeDaemon::echo)) {
            run(daemon, "-d", "1100ms", "-w", "0");
            assertThat(err.toString()).contains("1 s of 1.10 s", "p50", "errors 0");

            err.getBuffer().setLength(0);
            run(daemon, "-d", "1100ms", "-w", "0", "--quiet");
            assertThat(err.toString()).isEmpty();
        }
    }

    @Test
    void endsWithOneIfATaskFailed() throws IOException {
        FakeDaemon.Behaviour failing =
                session -> {
                    while (session.next() != null) {
                        session.reply(
                                "{\"ok\":false,\"error\":\"full\",\"error_code\":\"QUEUE_FULL\"}");
                    }
                };
        try (FakeDaemon daemon = new FakeDaemon(directory, failing)) {
            assertThat(run(daemon, "-n", "3")).isEqualTo(1);
            assertThat(out.toString()).contains("3  QUEUE_FULL: full");
        }
    }

    @Test
    void saysInOneSentenceThatThereIsNoDaemon() {
        int status = execute("--socket", directory.resolve("none.sock").toString());

        assertThat(status).isEqualTo(69);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString())
                .startsWith("parallite: cannot connect to ")
                .contains("start the daemon")
                .hasLineCount(1);
    }

    @Test
    void saysInJsonThatThereIsNoDaemon() {
        int status = execute("--socket", directory.resolve("none.sock").toString(), "--json");

        assertThat(status).isEqualTo(69);
        assertThat(out.toString().lines())
                .singleElement()
                .asString()
                .startsWith("{\"ok\":false,\"error\":\"cannot connect to ")
                .endsWith(",\"error_code\":\"UNAVAILABLE\"}");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void measuresNothingThatIsNoDaemon() throws IOException {
        FakeDaemon.Behaviour web =
                session -> {
                    session.next();
                    session.write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(US_ASCII));
                    session.next();
                };
        try (FakeDaemon daemon = new FakeDaemon(directory, web)) {
            assertThat(run(daemon, "-n", "3")).isEqualTo(69);
            assertThat(err.toString())
                    .contains("is not Parallite", "HTTP/1.1", "--socket")
                    .hasLineCount(1);
            assertThat(out.toString()).isEmpty();
        }
    }

    @Test
    void measuresNothingThatIsMute() throws IOException {
        try (FakeDaemon daemon = new FakeDaemon(directory, FakeDaemon.Session::next)) {
            assertThat(run(daemon, "-n", "3")).isEqualTo(69);
            assertThat(err.toString()).contains("closed the connection").hasLineCount(1);
        }
        FakeDaemon.Behaviour mute =
                session -> {
                    while (session.next() != null) {
                        // takes what comes and says nothing
                    }
                };
        Path other = Files.createDirectory(directory.resolve("other"));
        try (FakeDaemon daemon = new FakeDaemon(other, mute)) {
            err.getBuffer().setLength(0);
            assertThat(run(daemon, "-n", "3")).isEqualTo(69);
            assertThat(err.toString()).contains("has not answered a ping").hasLineCount(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "--duration,soon,is not a duration",
        "--duration,0,must be longer",
        "--connections,0,--connections 0",
        "--depth,10001,1..10000",
        "--tasks,0,1 or more",
        "--rate,-1,--rate -1",
        "--timeout-ms,0,--timeout-ms 0",
        "--payload-bytes,0,--payload-bytes 0",
        "--payload-file,/nonexistent,cannot read",
    })
    void refusesOptionsThatMakeNoSense(String option, String value, String message) {
        assertThat(execute(option, value)).isEqualTo(64);
        assertThat(err.toString()).contains(message);
    }

    @Test
    void findsTheDaemonByTheFileThatItIsGiven() throws IOException {
        try (FakeDaemon daemon = new FakeDaemon(directory, FakeDaemon::echo)) {
            Path file =
                    Files.writeString(
                            directory.resolve("other.json"),
                            "{\"socket\": \"%s\"}".formatted(daemon.target().text()));

            assertThat(execute("--config", file.toString(), "-n", "3")).isZero();
        }
    }

    @Test
    void refusesAddressesAndFilesThatItCannotUse() {
        assertThat(execute("--socket", "localhost:70000")).isEqualTo(78);
        assertThat(err.toString()).contains("port 70000", "--socket");
        assertThat(execute("--config", directory.resolve("none").toString())).isEqualTo(78);
    }

    @Test
    void takesEitherTasksOrDuration() {
        assertThat(execute("-n", "5", "-d", "5s")).isEqualTo(64);
        assertThat(err.toString()).contains("--tasks");
    }

    @Test
    void takesOnePayloadOnly() {
        assertThat(execute("--payload", "pi", "--payload-bytes", "5")).isEqualTo(64);
    }

    @Test
    void sendsThePayloadFileWithoutItsLastLineFeed() throws IOException {
        Path file = Files.writeString(directory.resolve("payload"), "pi\n");
        PayloadOptions options = new PayloadOptions();

        new CommandLine(options).parseArgs("--payload-file", file.toString());

        assertThat(options.bytes()).asString().isEqualTo("pi");
    }

    @Test
    void sendsAClosureUnlessToldOtherwise() {
        assertThat(new PayloadOptions().bytes())
                .asString()
                .startsWith("parallite:2:c:")
                .contains("s:11:\"fn () => 42\";");
    }

    @Test
    void showsExamplesInItsHelp() {
        assertThat(execute("--help")).isZero();
        assertThat(out.toString()).contains("Examples:", "--rate", "Exit status");
    }

    private int run(FakeDaemon daemon, String... options) {
        String[] all = new String[options.length + 2];
        System.arraycopy(options, 0, all, 2, options.length);
        all[0] = "--socket";
        all[1] = daemon.target().text();
        return execute(all);
    }

    private int execute(String... options) {
        return new CommandLine(new BenchCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(options);
    }
}
