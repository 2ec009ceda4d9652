package io.parallite.it;

import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.wire.Encoding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a running daemon says it goes by, and where each value comes from. */
final class RunningSettingsIT {

    private static final String SECRET = "correct-horse-battery";

    private final Http http = Http.onFreePort();

    @Test
    void saysWhatItWasStartedWithHasTakenOverAndWasScaledTo() throws IOException {
        try (DaemonProcess daemon =
                daemon("--max-queue", "77", http.flag())
                        .env("PARALLITE_TIMEOUT_MS", "5000")
                        .env("PARALLITE_HTTP_TOKEN", SECRET)
                        .json(
                                "{\"fixed_workers\": 1, \"php_options\": [\"-d\", \"a=b\"], \"pools\": {\"a\": {\"max_workers\": 2}}}")
                        .startAtRest()) {
            Path file = daemon.directory().resolve("project/parallite.json");
            Cli cli = cli(daemon);
            assertThat(running(cli))
                    .anyMatch(line -> line.matches("fixed_workers +1 +\\S*/parallite.json"))
                    .anyMatch(line -> line.matches("php_options +-d,a=b +\\S*/parallite.json"))
                    .anyMatch(line -> line.contains("{\"a\":{\"max_workers\":2}}"))
                    .anyMatch(line -> line.matches("timeout_ms +5000 +PARALLITE_TIMEOUT_MS"))
                    .anyMatch(line -> line.matches("queue_timeout_ms +5000 +default"))
                    .anyMatch(line -> line.matches("max_queue +77 +--max-queue"))
                    .anyMatch(line -> line.matches("max_workers +32 +default"))
                    .anyMatch(line -> line.matches("http_token +\\*{3} +PARALLITE_HTTP_TOKEN"));

            Files.writeString(
                    file,
                    "{\"fixed_workers\": 1, \"max_workers\": 4, \"max_queue\": 5, \"pools\": {\"a\": {}}}");
            cli.run("reload").assertExit(0);
            cli.run("scale", "3").assertExit(0);

            assertThat(running(cli))
                    .anyMatch(line -> line.matches("fixed_workers +3 +scaled at run time"))
                    .anyMatch(line -> line.matches("max_workers +4 +\\S*/parallite.json"))
                    .anyMatch(line -> line.matches("php_options +- +default"))
                    .anyMatch(line -> line.matches("max_queue +77 +--max-queue"))
                    .noneMatch(line -> line.contains(SECRET));
            cli.run("scale", "0").assertExit(0);
            assertThat(running(cli))
                    .anyMatch(line -> line.matches("fixed_workers +none +scaled at run time"));
        }
    }

    @Test
    void saysTheSameToProgramsOverHttpAndInBothEncodings() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", http.flag())
                                .env("PARALLITE_CLUSTER_NAME", "shop")
                                .startAtRest();
                TestClient json = daemon.connect();
                TestClient messagePack = daemon.connect(Encoding.MESSAGE_PACK)) {
            Map<String, Object> settings =
                    settings(json.call(TestClient.request("settings", "a")).fields());

            assertThat(settings)
                    .extractingByKey("fixed_workers")
                    .isEqualTo(
                            Map.of(
                                    "value", 1,
                                    "from", "flag",
                                    "name", "--fixed-workers",
                                    "explanation",
                                            "Persistent workers; 0: as many as processors, none: on demand only."));
            assertThat(settings(messagePack.call(TestClient.request("settings", "a")).fields()))
                    .hasToString(settings.toString());
            assertThat(settings(http.get("/api/settings").json())).hasToString(settings.toString());
            assertThat(
                            settings(
                                    cli(daemon)
                                            .run("config", "--running", "--json")
                                            .assertExit(0)
                                            .json()
                                            .fields()))
                    .hasToString(settings.toString());
        }
    }

    @Test
    void looksForTheDaemonAsOtherCommandsDo() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "none").start()) {
            Cli elsewhere = Cli.in(daemon.directory());
            String socket = daemon.socket().toString();

            assertThat(elsewhere.run("config", "--running", "--socket", socket).assertExit(0).out())
                    .contains("--fixed-workers");
            assertThat(
                            elsewhere
                                    .run("config", "--running", "--max-queue", "5")
                                    .assertExit(64)
                                    .err())
                    .contains("--max-queue would be for one that is started");
            assertThat(
                            elsewhere
                                    .run("config", "--running", "--socket", socket + "-not")
                                    .assertExit(69)
                                    .err())
                    .contains("no daemon runs at");
        }
    }

    private static List<String> running(Cli cli) {
        return cli.run("config", "--running").assertExit(0).out().lines().toList();
    }

    private static Cli cli(DaemonProcess daemon) {
        return Cli.in(daemon.directory()).env("PARALLITE_SOCKET", daemon.socket());
    }

    @SuppressWarnings("unchecked") // as the protocol says
    private static Map<String, Object> settings(Map<String, Object> answer) {
        assertThat(answer).containsEntry("ok", true);
        return (Map<String, Object>) answer.get("settings");
    }
}
