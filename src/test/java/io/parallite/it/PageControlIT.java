package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

/** Drain and scale on the page, in a real Chromium, on a daemon that runs PHP. */
final class PageControlIT {

    private static final String WAITS_FOR_FILE =
            "function () { while (!is_file('%s')) { usleep(20000); clearstatcache(); } return 1; }";

    private final Http http = Http.onFreePort();

    @Test
    void drainsAndSaysWhatIsLeftUntilAllIsFinished(@TempDir Path directory) throws IOException {
        Path goOn = directory.resolve("go-on");
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1", http.flag())
                                .startAtRest();
                TestClient client = daemon.connect();
                TestClient other = daemon.connect();
                Browser browser = Browser.open(1440, 1000).go(http.uri("/"))) {
            client.send(task("runs", closure(WAITS_FOR_FILE.formatted(goOn))));
            client.send(task("waits", closure("fn () => 2")));
            await().until(() -> daemon.stats().busy() == 1 && daemon.stats().queued() == 1);
            browser.awaitText("#health", "Running").click("#drain");
            browser.awaitText("#confirm-text", "new ones are refused").click("#confirm [value=no]");
            assertThat(http.get("/api/state").body()).contains("\"draining\":false");

            browser.click("#drain").picture("drain-question").click("#confirm-yes");

            browser.awaitText("#toasts", "2 tasks to finish.")
                    .awaitText("#notice", "Draining: 2 tasks are left.")
                    .awaitText("#health", "Draining")
                    .picture("draining");
            other.submit("late", closure("fn () => 3")).assertFailure("SHUTTING_DOWN");
            assertThat(browser.evaluate("document.getElementById('drain').disabled"))
                    .isEqualTo(true);

            Files.createFile(goOn);
            client.receive("runs");
            client.receive("waits");
            browser.awaitText("#notice", "Drained: all tasks are finished")
                    .awaitText("#health", "Drained")
                    .picture("drained");

            browser.awaitText("#pause", "Resume").click("#pause").awaitText("#health", "Running");
            assertThat(browser.text("#notice")).isEmpty();
            other.submit("again", closure("fn () => 4")).assertResult(4);
            assertThat(browser.complaints()).isEmpty();
        }
    }

    @Test
    void scalesWithinTheLimitsAndSaysWhyNot() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "3", http.flag())
                                .startAtRest();
                Browser browser = Browser.open(1440, 1000).go(http.uri("/"))) {
            browser.awaitText("#health", "Running").click("#settings summary");
            browser.awaitText("#settings tbody", "fixed_workers 1 --fixed-workers");
            browser.click("#scale").awaitText("#number-text", "From 0 to max_workers, which is 3.");
            assertThat(browser.focused()).isEqualTo("number-value");

            browser.type("#number-value", "4").press(Keys.ENTER);
            browser.awaitText("#number-error", "fixed_workers=4 exceeds max_workers=3")
                    .picture("scale-refused");
            browser.replace("#number-value", "many").click("#number-yes");
            browser.awaitText("#number-error", "workers must be a whole number from 0 on");
            assertThat(daemon.stats().workers()).hasSize(1);

            browser.replace("#number-value", "3").press(Keys.ENTER);

            browser.awaitText("#toasts", "Workers kept from now on: 3.")
                    .awaitText("#card-workers .figure", "of 3 busy")
                    .awaitText("#settings tbody", "fixed_workers 3 scaled at run time")
                    .picture("settings");
            await().until(() -> daemon.stats().idle() == 3);
            browser.click("#scale").click("#number-no").awaitText("#health", "Running");
            browser.click("#scale").replace("#number-value", "0").press(Keys.ENTER);
            browser.awaitText("#workers-empty", "No worker runs");
            assertThat(daemon.stats().workers()).isEmpty();
        }
    }

    @Test
    void scalesNothingWhereWorkersFollowTheTasks() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--isolation", "task", http.flag())
                                .startAtRest();
                Browser browser = Browser.open(1440, 1000).go(http.uri("/"))) {
            browser.awaitText("#health", "Running").click("#scale");

            browser.replace("#number-value", "2").press(Keys.ENTER);

            browser.awaitText("#number-error", "workers are not scaled with isolation=task");
            assertThat(daemon.isAlive()).isTrue();
        }
    }

    @Test
    void drainsAndScalesByFinger() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest();
                Browser browser = Browser.open(360, 800).go(http.uri("/"))) {
            browser.awaitText("#health", "Running").picture("phone");
            assertThat(browser.tooSmallForFingers()).isEmpty();
            browser.click("#settings summary").awaitText("#settings tbody", "--fixed-workers");
            browser.evaluate("document.getElementById('settings').scrollIntoView()");
            browser.picture("phone-settings");
            browser.click("#scale").awaitText("#number-title", "Scale").picture("phone-scale");
            assertThat(browser.tooSmallForFingers()).isEmpty();
            browser.click("#number-no").click("#drain").click("#confirm-yes");
            browser.awaitText("#notice", "Drained").picture("phone-drained");
            assertThat(browser.evaluate("document.documentElement.scrollWidth")).isEqualTo(360L);
            assertThat(daemon.isAlive()).isTrue();
        }
    }

    @Test
    void showsAndSteersEachPool() {
        try (DaemonProcess daemon =
                        daemon(http.flag())
                                .file("broken.php", "<?php throw new Exception('no database');")
                                .json(
                                        """
                                        {"fixed_workers": 2,
                                         "pools": {"reports": {"fixed_workers": 1, "max_workers": 3},
                                                   "mail": {"fixed_workers": 1, "bootstrap": "broken.php"}}}
                                        """)
                                .start();
                TestClient client = daemon.connect();
                Browser browser = Browser.open(1440, 1000).go(http.uri("/"))) {
            browser.awaitText("#pools", "mail")
                    .awaitText("#pools", "no database")
                    .awaitText("#pools", "0 of 1 busy, 1 kept, at most 3");
            assertThat(browser.evaluate("document.getElementById('scale').hidden")).isEqualTo(true);

            browser.click("#pools [aria-label='Pause pool reports']").click("#confirm-yes");
            browser.awaitText("#toasts", "The pool reports is paused.")
                    .awaitText("#pools", "paused");
            Map<String, Object> held = new HashMap<>(task("held", closure("fn () => 2")));
            held.put("pool", "reports");
            client.send(held);
            client.submit("free", closure("fn () => 1")).assertResult(1);
            browser.awaitText("#pools", "1 for ").picture("pools");
            browser.click("#pools [aria-label='Resume pool reports']");
            client.receive("held").assertResult(2);

            browser.click("#pools [aria-label='Scale pool reports']")
                    .awaitText(
                            "#number-text",
                            "Of pool reports, from 0 to its max_workers, which is 3");
            browser.replace("#number-value", "4").press(Keys.ENTER);
            browser.awaitText("#number-error", "fixed_workers=4 exceeds max_workers=3");
            browser.replace("#number-value", "2").press(Keys.ENTER);
            browser.awaitText("#toasts", "Workers kept in pool reports from now on: 2.")
                    .awaitText("#pools", "0 of 2 busy, 2 kept");
            browser.click("#settings summary").awaitText("#settings tbody", "{\"reports\":");
            browser.resize(360, 800).picture("phone-pools");
            assertThat(browser.tooSmallForFingers()).isEmpty();
            assertThat(browser.evaluate("document.documentElement.scrollWidth")).isEqualTo(360L);
            assertThat(browser.complaints())
                    .as("the number that was refused")
                    .allMatch(complaint -> complaint.contains("/api/scale?workers=4"));
        }
    }
}
