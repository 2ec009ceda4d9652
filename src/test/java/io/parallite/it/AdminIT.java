package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpClient.Version;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the page asks for and does, and who else may. */
final class AdminIT {

    private static final String TOKEN = "correct-horse-battery-staple";

    private final Http http = Http.onFreePort();

    @Test
    void tellsStateOfPoolAndTasks() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("good", closure("fn () => 6 * 7")).assertResult(42);
            client.submit("bad", closure("fn () => throw new LogicException('no <b>way</b>')"));
            client.send(task("runs", sleep(30_000)));
            await().until(() -> daemon.stats().busy() == 1);

            Map<String, Object> state = http.get("/api/state").json();

            assertThat(ids(state, "running")).containsExactly("runs");
            assertThat(ids(state, "pending")).isEmpty();
            assertThat(ids(state, "completed")).containsExactly("good");
            assertThat(ids(state, "failed")).containsExactly("bad");
            assertThat(list(state, "failed").getFirst())
                    .containsEntry("status", "failed")
                    .containsEntry("error_code", "EXCEPTION")
                    .containsEntry("error", "no <b>way</b>")
                    .containsEntry("worker", "work-1");
            assertThat(new Reply(state).map("stats"))
                    .containsKeys("pool", "queue", "tasks", "cache", "pid");
            assertThat(http.post("/api/cancel?task_id=runs", "X-Parallite", "1").status())
                    .isEqualTo(200);
            client.receive("runs");
        }
    }

    @Test
    void keepsSamplesForThoseWhoComeLater() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("good", closure("fn () => 1"));

            await().until(() -> completedOf(http.get("/api/state").json()) > 0);

            Map<String, Object> state = http.get("/api/state").json();
            List<List<Object>> rows = rows(state);
            long last = (long) rows.getLast().getFirst();
            assertThat(rows(http.get("/api/state?since=" + last).json()).size())
                    .isLessThan(rows.size());
        }
    }

    @Test
    void tellsAllOfOneTaskWhatFailsAndWhatIsSet() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-queue", "77", http.flag())
                                .startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("b/a d", closure("function () { echo 'x'; intdiv(1, 0); }"));

            assertThat(http.get("/api/task?task_id=" + Http.encoded("b/a d")).json())
                    .containsEntry("status", "failed")
                    .containsEntry("class", "DivisionByZeroError")
                    .containsEntry("output", "x")
                    .containsKeys("pid", "file", "line", "trace", "started_at", "completed_at");
            assertThat(http.get("/api/task?task_id=unknown").status()).isEqualTo(404);
            assertThat(http.get("/api/task").status()).isEqualTo(400);
            assertThat(list(http.get("/api/state").json(), "failures").getFirst())
                    .containsEntry("class", "DivisionByZeroError")
                    .containsEntry("task_id", "b/a d");
            assertThat(http.get("/api/history?span=day").json()).containsEntry("seconds", 288);
            assertThat(http.get("/api/history?span=year").status()).isEqualTo(400);
            for (String path : List.of("task?task_id=x", "history?span=day", "settings")) {
                assertThat(http.get("/api/" + path, "Host", "evil.example").status())
                        .isEqualTo(403);
            }
        }
    }

    @Test
    void cancelsATask() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest();
                TestClient client = daemon.connect()) {
            String id = "a task & its <id>/ü%20";
            client.send(task(id, sleep(30_000)));
            await().until(() -> daemon.stats().busy() == 1);

            Http.Answer answer =
                    http.post("/api/cancel?task_id=" + Http.encoded(id), "X-Parallite", "1");

            assertThat(answer.json()).containsEntry("cancelled", true);
            client.receive(id).assertFailure("CANCELLED");
            assertThat(http.post("/api/cancel?task_id=unknown", "X-Parallite", "1").json())
                    .containsEntry("cancelled", false);
            assertThat(http.post("/api/cancel", "X-Parallite", "1").status()).isEqualTo(400);
        }
    }

    @Test
    void reloadsWorkers() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "2", http.flag()).startAtRest()) {
            List<Long> before = pids(daemon);

            Http.Answer answer = http.post("/api/reload", "X-Parallite", "1");

            assertThat(answer.json()).containsEntry("ok", true).containsEntry("replaced", 2);
            await().untilAsserted( // the last of the old ones may be on its way out
                            () -> assertThat(pids(daemon)).doesNotContainAnyElementsOf(before));
        }
    }

    @Test
    void servesOnlyThisMachineUnderItsLoopbackNames() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest()) {
            assertThat(http.get("/api/state", "Host", "evil.example").status()).isEqualTo(403);
            assertThat(http.get("/api/state", "X-Forwarded-For", "10.1.2.3").status())
                    .isEqualTo(403);
            assertThat(http.post("/api/reload").status()).isEqualTo(403);
            assertThat(
                            http.post(
                                            "/api/reload",
                                            "X-Parallite",
                                            "1",
                                            "Origin",
                                            "http://evil.example")
                                    .status())
                    .isEqualTo(403);
            assertThat(http.get("/api/reload", "X-Parallite", "1").status()).isEqualTo(404);
            assertThat(http.send(Version.HTTP_2, "GET", "/api/state").status()).isEqualTo(200);
            assertThat(daemon.stats().restarts()).isZero();
        }
    }

    @Test
    void servesWhoeverHasTheToken() {
        try (DaemonProcess daemon =
                daemon("--fixed-workers", "1", http.flag())
                        .env("PARALLITE_HTTP_TOKEN", TOKEN)
                        .startAtRest()) {
            assertThat(http.get("/api/state").status()).isEqualTo(401);
            assertThat(http.get("/api/state", "Authorization", "Bearer " + TOKEN + "x").status())
                    .isEqualTo(401);
            assertThat(
                            http.get(
                                            "/api/state",
                                            "Authorization",
                                            "Bearer " + TOKEN,
                                            "Host",
                                            "parallite.example")
                                    .status())
                    .isEqualTo(200);
            assertThat(http.status("/")).isEqualTo(200);
            assertThat(http.status("/q/metrics")).isEqualTo(200);
            assertThat(daemon.log()).doesNotContain(TOKEN);
        }
    }

    @Test
    void neverPrintsABadToken() {
        DaemonProcess.Ended ended =
                daemon(http.flag()).env("PARALLITE_HTTP_TOKEN", "too short").run();

        assertThat(ended.exitCode()).isEqualTo(78);
        assertThat(ended.log()).contains("http_token=***").doesNotContain("too short");
    }

    @Test
    void servesThePageAndNothingElseOfItsClassPath() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "none", http.flag()).start()) {
            Http.Answer page = http.get("/");
            assertThat(page.header("Content-Security-Policy"))
                    .contains("default-src 'none'", "frame-ancestors 'none'")
                    .doesNotContain("unsafe");
            assertThat(page.body()).doesNotContain("http://", "https://", "style=", "onclick");
            assertThat(http.get("/", "If-None-Match", page.header("ETag")).status()).isEqualTo(304);
            assertThat(http.status("/assets/../version.properties")).isEqualTo(404);
            assertThat(http.status("/version.properties")).isEqualTo(404);
            assertThat(http.status("/web/index.html")).isEqualTo(404);
            assertThat(http.status("/webjars/uplot/1.6.30/README.md")).isEqualTo(404);
            assertThat(daemon.isAlive()).isTrue();
        }
    }

    private static List<Long> pids(DaemonProcess daemon) {
        return daemon.stats().workers().stream().map(Stats.Worker::pid).toList();
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> list(Map<String, Object> state, String name) {
        return (List<Map<String, Object>>) state.get(name);
    }

    private static List<Object> ids(Map<String, Object> state, String list) {
        return list(state, list).stream().map(task -> task.get("task_id")).toList();
    }

    @SuppressWarnings("unchecked")
    private static List<List<Object>> rows(Map<String, Object> state) {
        return (List<List<Object>>) new Reply(state).map("history").get("rows");
    }

    private static double completedOf(Map<String, Object> state) {
        return rows(state).stream().mapToDouble(row -> ((Number) row.get(1)).doubleValue()).sum();
    }
}
