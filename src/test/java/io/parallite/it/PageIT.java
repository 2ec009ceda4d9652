package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.request;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.cluster.store.RedisServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** The page in a real Chromium, on a daemon that runs PHP. */
final class PageIT {

    private static final String HOSTILE =
            "<img src=x onerror=\"window.hacked=1\"></script><script>window.hacked=2</script>";

    private final Http http = Http.onFreePort();

    @Test
    void showsWorkersTasksAndFailures() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "2", http.flag()).startAtRest();
                TestClient client = daemon.connect();
                Browser browser = Browser.open(1440, 1000).go(http.uri("/"))) {
            browser.awaitText("#health", "Running");
            assertThat(browser.text("#cluster-panel")).as("it is in no cluster").isEmpty();
            assertThat(browser.texts("#workers tbody tr")).hasSize(2);
            assertThat(browser.text("#tasks-empty")).isEqualTo("No task has ended yet.");

            client.submit("good", closure("fn () => 1"));
            client.submit("bad", closure("fn () => throw new LogicException('no stock')"));
            Gate gate = Gate.of(daemon);
            client.send(task("slow", gate.task()));

            browser.awaitText("#workers tbody", "slow").awaitText("#tasks tbody", "good");
            browser.awaitText("#tasks tbody", "no stock").awaitText("#tasks tbody", "EXCEPTION");
            browser.awaitText("#card-workers strong", "1")
                    .awaitText("#card-workers .figure", "of 2");
            browser.click("[data-view=current]").awaitText("#tasks tbody", "running");
            assertThat(browser.texts("#tasks tbody a.id")).containsExactly("slow");
            browser.click("[data-view=failed]");
            assertThat(browser.texts("#tasks tbody a.id")).containsExactly("bad");
            assertThat(browser.texts(".chart canvas")).hasSize(4);
            assertThat(browser.complaints()).isEmpty();
            gate.open();
            client.receive("slow");
        }
    }

    @Test
    void showsTheClusterAndWhatIsDoneWithDeadLetters() throws Exception {
        Path directory = Files.createTempDirectory("pl-page-");
        try (RedisServer redis = RedisServer.start();
                DaemonProcess daemon =
                        new ClusterNodes(redis, directory)
                                .builder("one", 1)
                                .flags(http.flag())
                                .startAtRest();
                TestClient client = daemon.connect()) {
            ClusterNodes.awaitJoined(daemon);
            client.send(task("busy", sleep(600_000)));
            await().until(() -> daemon.stats().busy() == 1);
            for (String id : List.of(HOSTILE, "turned\u202e", "dropped", "repeated")) {
                Map<String, Object> forged = task(id, closure("fn () => 42"));
                forged.put("detach", true);
                assertThat(client.call(forged).ok()).isTrue();
            }
            // by their keys in Redis: an argument would be in the encoding of the tests' locale
            redis.run(
                    "eval",
                    "for _, task in ipairs(redis.call('keys', '*:t:*')) do redis.call('hset', task, 'mac', 'forged') end",
                    "0");
            client.call(request("cancel", "busy"));

            try (Browser browser = Browser.open(1440, 1000).go(http.uri("/"))) {
                browser.awaitText("#cluster-sum", "1 node")
                        .awaitText("#nodes tbody", "this one")
                        .awaitText("#dead tbody", "INVALID_SIGNATURE")
                        .awaitText("#dead tbody", HOSTILE);
                assertThat(browser.texts("#dead tbody strong.id"))
                        .containsExactlyInAnyOrder(HOSTILE, "turned\\u202e", "dropped", "repeated");
                assertThat(browser.steered()).isEmpty();
                browser.click("#dead summary").awaitText("#dead dl", "Release");
                browser.picture("cluster");

                browser.click("[aria-label='Drop task dropped']")
                        .awaitText("#confirm-text", "dropped is forgotten")
                        .click("#confirm-yes")
                        .awaitText("#toasts", "The dead letter is dropped.");
                await().until(
                                () ->
                                        browser.evaluate(
                                                        "document.querySelectorAll('#dead tbody tr').length")
                                                .equals(3L));
                browser.click("[aria-label='Run task repeated again']")
                        .click("#confirm-yes")
                        .awaitText("#toasts", "The task is in the queue again.");
                // it dies again, of the same signature
                client.call(request("await", "repeated")).assertFailure("INVALID_SIGNATURE");
                client.call(request("await", "dropped")).assertFailure("NOT_FOUND");

                redis.kill();
                browser.awaitText("#cluster-sum", "not connected");
                assertThat(browser.evaluate("window.hacked")).isNull();
                assertThat(browser.evaluate("document.querySelectorAll('main img').length"))
                        .isEqualTo(0L);
            }
        }
    }

    @Test
    void showsHostileTextAsText() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest();
                TestClient client = daemon.connect();
                Browser browser = Browser.open(1440, 1000).go(http.uri("/"))) {
            String code =
                    "function () { echo '<b>printed</b>'; throw new Exception(base64_decode('%s')); }";
            String message =
                    java.util.Base64.getEncoder()
                            .encodeToString(
                                    HOSTILE.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            client.submit(HOSTILE, closure(code.formatted(message)));

            browser.awaitText("#tasks tbody .id", HOSTILE);
            browser.awaitText("#tasks tbody .why", HOSTILE);
            Gate gate = Gate.of(daemon);
            client.send(task(HOSTILE + 2, gate.task()));
            browser.awaitText("#workers tbody .id", HOSTILE);

            browser.awaitText("#failures tbody .why", HOSTILE)
                    .click("#failures tbody a.button")
                    .awaitText("#detail-title", HOSTILE)
                    .awaitText("#detail-blocks", HOSTILE)
                    .awaitText("#detail-blocks", "<b>printed</b>");
            assertThat(browser.evaluate("document.querySelectorAll('dialog b, dialog img').length"))
                    .isEqualTo(0L);
            browser.press(Keys.ESCAPE);

            assertThat(browser.evaluate("window.hacked")).isNull();
            assertThat(browser.evaluate("document.querySelectorAll('main img').length"))
                    .isEqualTo(0L);
            assertThat(browser.complaints()).isEmpty();
            gate.open();
            client.receive(HOSTILE + 2);
        }
    }

    @Test
    void groupsFailuresAndShowsTheNewest() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest();
                TestClient client = daemon.connect();
                Browser browser = Browser.open(1440, 1000).go(http.uri("/"))) {
            browser.awaitText("#health", "Running");
            assertThat(browser.text("#failures-title")).as("nothing fails").isEmpty();
            String code =
                    "function () { echo 'last words'; throw new LogicException('no stock'); }";
            client.submit("first", closure(code));
            client.submit("second", closure(code));

            browser.awaitText("#failures tbody .number", "2")
                    .awaitText("#failures tbody .place", "LogicException at ");
            assertThat(browser.texts("#failures tbody tr")).hasSize(1);

            browser.click("#failures tbody a.button").awaitText("#detail-title", "second");
            browser.awaitText("#detail-facts", "LogicException")
                    .awaitText("#detail-facts", "work-1")
                    .awaitText("#detail-facts", "pid ")
                    .awaitText("#detail-blocks", "no stock")
                    .awaitText("#detail-blocks", "last words");
            browser.press(Keys.ESCAPE);
            await().until(() -> browser.evaluate("location.hash").equals(""));

            browser.evaluate("(location.hash = '#task=never-heard-of')");
            browser.awaitText("#detail-error", "nothing is kept of this task");
            assertThat(browser.complaints())
                    .allSatisfy(complaint -> assertThat(complaint).contains("404"));
        }
    }

    @Test
    void followsARunningTaskInItsDetail() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest();
                TestClient client = daemon.connect();
                Browser browser = Browser.open(1440, 1000)) {
            client.send(task("endless", sleep(600_000)));
            await().until(() -> daemon.stats().busy() == 1);
            browser.go(http.uri("/#task=endless")).awaitText("#detail-facts", "running");

            http.post("/api/cancel?task_id=endless", "X-Parallite", "1");

            browser.awaitText("#detail-facts", "cancelled");
            client.receive("endless").assertFailure("CANCELLED");
        }
    }

    @Test
    void showsWhatIsSetLegendsAndThePastDay() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-queue", "77", http.flag())
                                .env("PARALLITE_HTTP_TOKEN", "correct-horse-battery")
                                .startAtRest();
                Browser browser = Browser.open(1440, 1000).go(http.uri("/"))) {
            browser.awaitText("#token-title", "Token needed")
                    .type("#token-value", "correct-horse-battery")
                    .press(Keys.ENTER)
                    .awaitText("#health", "Running");

            browser.click("#settings summary")
                    .awaitText("#settings tbody", "max_queue 77 --max-queue");
            assertThat(browser.text("#settings tbody"))
                    .contains("http_token *** PARALLITE_HTTP_TOKEN")
                    .contains("queue_timeout_ms 60000 default")
                    .contains("php_options not set default")
                    .doesNotContain("correct-horse");
            assertThat(browser.texts(".legend li"))
                    .containsExactly("ended", "failed", "median", "99 %", "waiting", "busy", "all");
            browser.click("[data-span=day]").awaitText("#span-note", "a point every 4 min 48 s");
            browser.click("[data-span=hour]").awaitText("#span-note", "a point every 12 s");
            assertThat(daemon.isAlive()).isTrue();
        }
    }

    @Test
    void givesFingersRoom() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest();
                TestClient client = daemon.connect();
                Browser browser = Browser.open(360, 800).go(http.uri("/"))) {
            client.submit("broken", closure("fn () => throw new Exception('no')"));
            client.send(task("endless", sleep(600_000)));
            browser.awaitText("#failures tbody", "EXCEPTION").click("[data-view=current]");
            browser.awaitText("#tasks tbody", "endless");
            assertThat(browser.tooSmallForFingers()).isEmpty();
            assertThat(browser.evaluate("document.documentElement.scrollWidth")).isEqualTo(360L);
            browser.click("#workers tbody a.id").awaitText("#detail-facts", "running");
            assertThat(browser.tooSmallForFingers()).isEmpty();
            http.post("/api/cancel?task_id=endless", "X-Parallite", "1");
            client.receive("endless");
        }
    }

    @Test
    void cancelsATask() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest();
                TestClient client = daemon.connect();
                Browser browser = Browser.open(1440, 1000).go(http.uri("/"))) {
            client.send(task("endless", sleep(30_000)));
            browser.awaitText("#workers tbody", "endless")
                    .click("[data-view=current]")
                    .click("#tasks tbody .danger")
                    .awaitText("#confirm-text", "endless")
                    .click("#confirm [value=no]");
            assertThat(daemon.stats().busy()).isOne();

            browser.click("#tasks tbody .danger").click("#confirm-yes");

            client.receive("endless").assertFailure("CANCELLED");
            browser.awaitText("#toasts", "The task is cancelled.");
            browser.click("[data-view=recent]").awaitText("#tasks tbody", "cancelled");
            browser.awaitText("#card-throughput .detail", "0 failed, 1 cancelled")
                    .click("[data-view=failed]");
            assertThat(browser.text("#tasks-empty")).isEqualTo("No task has failed.");
        }
    }

    @Test
    void reloadsWorkersByKeyboard() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "2", http.flag()).startAtRest();
                Browser browser = Browser.open(1440, 1000).go(http.uri("/"))) {
            List<Long> before = daemon.stats().workers().stream().map(Stats.Worker::pid).toList();
            browser.awaitText("#health", "Running");

            browser.press(Keys.TAB).press(Keys.TAB);
            assertThat(browser.focused()).isEqualTo("reload");
            browser.press(Keys.ENTER).awaitText("#confirm-title", "Reload");
            browser.press(Keys.ESCAPE).press(Keys.ENTER).awaitText("#confirm-title", "Reload");
            browser.press(Keys.TAB).press(Keys.ENTER);

            browser.awaitText("#toasts", "2 workers replaced");
            await().untilAsserted(
                            () ->
                                    assertThat(daemon.stats().workers())
                                            .extracting(Stats.Worker::pid)
                                            .doesNotContainAnyElementsOf(before));
        }
    }

    @Test
    void saysWhenTheDaemonIsGoneAndGoesOnWithTheNext() {
        try (Browser browser = Browser.open(1440, 1000)) {
            try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest()) {
                browser.go(http.uri("/")).awaitText("#health", "Running");
                assertThat(daemon.isAlive()).isTrue();
            }
            browser.awaitText("#health", "No connection")
                    .awaitText("#notice", "has not answered for");

            try (DaemonProcess daemon = daemon("--fixed-workers", "3", http.flag()).startAtRest()) {
                browser.awaitText("#health", "Running")
                        .awaitText("#facts", "pid " + daemon.pid())
                        .awaitText("#card-workers .figure", "of 3 busy");
                assertThat(browser.text("#notice")).isEmpty();
            }
        }
    }

    @Test
    void asksForTheToken() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", http.flag())
                                .env("PARALLITE_HTTP_TOKEN", "correct-horse-battery")
                                .startAtRest();
                Browser browser = Browser.open(1440, 1000).go(http.uri("/"))) {
            browser.awaitText("#token-title", "Token needed")
                    .type("#token-value", "a wrong one")
                    .press(Keys.ENTER)
                    .awaitText("#token-error", "does not take this token")
                    .type("#token-value", "correct-horse-battery")
                    .press(Keys.ENTER)
                    .awaitText("#health", "Running");
            assertThat(daemon.isAlive()).isTrue();
        }
    }

    @Test
    void fitsAPhoneAndTheDark() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest();
                TestClient client = daemon.connect();
                Browser browser = Browser.open(375, 800).prefer("dark").go(http.uri("/"))) {
            client.submit(
                    "x".repeat(200), closure("fn () => throw new Exception(str_repeat('y', 300))"));
            browser.awaitText("#tasks tbody .why", "yyy");

            assertThat(browser.evaluate("document.documentElement.scrollWidth")).isEqualTo(375L);
            assertThat(brightness(browser)).isLessThan(60);
            browser.click("#theme"); // from the system's to light
            assertThat(brightness(browser)).isGreaterThan(200);
            browser.go(http.uri("/"));
            await().untilAsserted(() -> assertThat(brightness(browser)).isGreaterThan(200));
            browser.click("#theme");
            assertThat(brightness(browser)).isLessThan(60);
        }
    }

    /** Of the page's background, from 0 to 255. */
    private static int brightness(Browser browser) {
        String rgb = (String) browser.evaluate("getComputedStyle(document.body).backgroundColor");
        return Integer.parseInt(rgb.replaceAll("\\D+", " ").strip().split(" ")[0]);
    }
}
