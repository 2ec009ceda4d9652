package io.parallite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.parallite.engine.ManualEngine;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(OS.LINUX)
final class ServiceNotifierTest {

    private static final long PID = 4711;

    private final ManualEngine engine = new ManualEngine();

    @TempDir Path directory;

    @Test
    void tellsReadyReloadingAndStoppingAtAPath() throws InterruptedException {
        String name = directory.resolve("notify").toString();
        try (NotifiedMessages messages = new NotifiedMessages(name)) {
            ServiceNotifier notifier = ServiceNotifier.from(Map.of("NOTIFY_SOCKET", name), PID);

            notifier.ready("accepts connections on /run/p.sock");
            notifier.reloading();
            notifier.stopping(Duration.ofSeconds(4));

            assertThat(messages.next())
                    .isEqualTo("READY=1\nSTATUS=accepts connections on /run/p.sock");
            assertThat(messages.next())
                    .matches("RELOADING=1\nMONOTONIC_USEC=\\d+\nSTATUS=replacing workers");
            assertThat(messages.next())
                    .isEqualTo(
                            "STOPPING=1\nEXTEND_TIMEOUT_USEC=14000000\n"
                                    + "STATUS=lets running tasks finish");
        }
    }

    @Test
    void tellsAnAbstractName() throws InterruptedException {
        String name = "@parallite-test-" + UUID.randomUUID();
        try (NotifiedMessages messages = new NotifiedMessages(name)) {
            ServiceNotifier.from(Map.of("NOTIFY_SOCKET", name), PID).ready("serves");

            assertThat(messages.next()).isEqualTo("READY=1\nSTATUS=serves");
        }
    }

    @Test
    void givesSignsOfLifeTwiceAsOftenAsWanted() throws InterruptedException {
        String name = directory.resolve("notify").toString();
        Map<String, String> environment =
                Map.of("NOTIFY_SOCKET", name, "WATCHDOG_USEC", "30000000", "WATCHDOG_PID", "4711");
        try (NotifiedMessages messages = new NotifiedMessages(name)) {
            ServiceNotifier notifier = ServiceNotifier.from(environment, PID);
            notifier.watch(engine);
            engine.advance(Duration.ofSeconds(29));
            notifier.ready("the last");

            assertThat(messages.next()).isEqualTo("WATCHDOG=1");
            assertThat(messages.next()).isEqualTo("WATCHDOG=1");
            assertThat(messages.next()).startsWith("READY=1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"WATCHDOG_PID=1", "WATCHDOG_USEC=0", "WATCHDOG_USEC=soon"})
    void givesNoSignsOfLifeThatNobodyWants(String unwanted) throws InterruptedException {
        String name = directory.resolve("notify").toString();
        Map<String, String> environment =
                new HashMap<>(Map.of("NOTIFY_SOCKET", name, "WATCHDOG_USEC", "1000"));
        String[] entry = unwanted.split("=", 2);
        environment.put(entry[0], entry[1]);
        try (NotifiedMessages messages = new NotifiedMessages(name)) {
            ServiceNotifier notifier = ServiceNotifier.from(environment, PID);
            notifier.watch(engine);
            engine.advance(Duration.ofSeconds(1));
            notifier.ready("the only one");

            assertThat(messages.next()).startsWith("READY=1");
        }
    }

    @Test
    void saysNothingWhereNobodyListens() {
        for (Map<String, String> environment :
                List.of(
                        Map.<String, String>of(),
                        Map.of("NOTIFY_SOCKET", ""),
                        Map.of("NOTIFY_SOCKET", "vsock:2:1234"),
                        Map.of("NOTIFY_SOCKET", directory.resolve("nobody").toString()))) {
            ServiceNotifier notifier = ServiceNotifier.from(environment, PID);
            assertThatCode(
                            () -> {
                                notifier.ready("serves");
                                notifier.watch(engine);
                                engine.advance(Duration.ofSeconds(1));
                                notifier.stopping(Duration.ZERO);
                            })
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void namesTheErrorOfTheSystem() throws IOException {
        NotifySocket socket = NotifySocket.at(directory.resolve("nobody").toString());

        int noSuchFile = 2;
        assertThatThrownBy(() -> socket.send("READY=1"))
                .isInstanceOf(IOException.class)
                .hasMessage("sendto failed with errno " + noSuchFile);
    }

    @Test
    void failsAtOnceWhereAReceiverHasNoRoom() throws Exception {
        Path path = directory.resolve("deaf");
        try (NotifiedMessages messages = new NotifiedMessages(path.toString())) {
            messages.stopReading();
            NotifySocket socket = NotifySocket.at(path.toString());

            assertThatThrownBy(
                            () -> {
                                for (int i = 0; i < 100_000; i++) {
                                    socket.sendNow("WATCHDOG=1");
                                }
                            })
                    .hasMessageStartingWith("sendto failed with errno 11");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"relative", "/", "@", "vsock:2:1234"})
    void refusesWhatIsNoAddress(String name) {
        assertThatThrownBy(() -> NotifySocket.at(name)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> NotifySocket.at("/" + "x".repeat(108)))
                .isInstanceOf(IOException.class);
    }
}
