package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.request;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.wire.Encoding;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The request {@code send}: values to running tasks, from clients in any language. */
final class MessagesIT {

    private static final String COLLECT =
            closure(
                    "function () { $all = []; while (($v = \\B7s\\Parallite\\Task::receive()) !== null) { $all[] = $v; } return $all; }");

    private static Map<String, Object> send(String id, @Nullable Object value) {
        Map<String, Object> request = new HashMap<>(request("send", "to " + id));
        request.put("to", id);
        request.put("value", value);
        return request;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void passesPlainValuesOn(boolean isBinary) {
        Encoding encoding = isBinary ? Encoding.MESSAGE_PACK : Encoding.JSON;
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect();
                TestClient sender = daemon.connect(encoding)) {
            client.send(task("a", COLLECT));
            await().until(() -> daemon.stats().busy() == 1);
            for (Object value : List.of(1, "cancel, follow, send", List.of(true, Map.of("k", 2)))) {
                assertThat(sender.call(send("a", value)).fields()).containsEntry("sent", true);
            }
            sender.call(send("a", null));

            client.receive("a")
                    .assertResult(
                            List.of(1, "cancel, follow, send", List.of(true, Map.of("k", 2))));
            sender.call(send("a", 4)).assertFailure("NOT_FOUND", "\"a\"", "takes no messages");
            daemon.assertRestored();
        }
    }

    @Test
    void whoSendsIsToldWhenTheWorkerDies() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            client.send(
                    task(
                            "a",
                            closure(
                                    "function () { \\B7s\\Parallite\\Task::receive(); posix_kill(getmypid(), 9); }")));
            String large = "x".repeat(1_000_000);
            client.send(send("a", "the last one that it takes"));
            client.receive("to a");
            int told = 0;
            for (int i = 0; i < 30; i++) {
                client.send(send("a", large));
            }
            for (int i = 0; i < 30; i++) {
                told += client.receive("to a").ok() ? 0 : 1;
            }

            client.receive("a").assertFailure("WORKER_CRASHED");
            assertThat(told).as("what did not fit behind the task").isGreaterThan(10);
            client.submit("b", "pi").assertResult(Math.PI);
            daemon.assertRestored();
        }
    }

    @Test
    void refusesWhereTheWorkerScriptTakesNone() {
        Path script = Path.of("php", "tests", "faults", "hangs.php").toAbsolutePath();
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--worker-script", script.toString())
                                .start();
                TestClient client = daemon.connect();
                TestClient sender = daemon.connect()) {
            client.send(task("a", "pi"));
            await().until(() -> daemon.stats().busy() == 1);

            sender.call(send("a", 1)).assertFailure("INVALID_REQUEST", "takes no messages");

            sender.call(request("send", "x")).assertFailure("INVALID_REQUEST", "to is missing");
            sender.call(request("cancel", "a"));
            client.receive("a").assertFailure("CANCELLED");
        }
    }
}
