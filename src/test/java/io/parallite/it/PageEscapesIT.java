package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/**
 * Characters that end a line (U+2028) or turn its text around (U+202E): on the page they stand
 * escaped, wherever a text of others is shown, in tooltips and in names for screen readers, too.
 */
final class PageEscapesIT {

    private static final String STEERING = "\u202eexe\u2028.";
    private static final String ESCAPED = "\\u202eexe\\u2028.";

    private static final String THROWS =
            "function () { eval(\"class Broken\\u{202e} extends Exception {}\");"
                    + " echo \"printed\\u{202e}exe\\u{2028}.\"; $class = \"Broken\\u{202e}\";"
                    + " throw new $class(\"thrown\\u{202e}exe\\u{2028}.\"); }";

    private static final String REPORTS =
            "function () { B7s\\Parallite\\Task::progress(0.5, \"half\\u{202e}exe\\u{2028}.\");"
                    + " sleep(600); }";

    private final Http http = Http.onFreePort();

    @Test
    void escapesWhatWouldSteerTheText() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1", http.flag())
                                .startAtRest();
                TestClient client = daemon.connect();
                Browser browser = Browser.open(1440, 1000).go(http.uri("/"))) {
            String failing = "failing" + STEERING;
            Map<String, Object> broken = task(failing, closure(THROWS));
            broken.put("name", "name" + STEERING);
            assertThat(client.call(broken).ok()).isFalse();
            client.send(task("running" + STEERING, closure(REPORTS)));
            client.send(task("waiting" + STEERING, closure("fn () => 1")));

            browser.awaitText("#workers tbody .id", "running" + ESCAPED)
                    .awaitText("#failures tbody .place", "Broken\\u202e at ")
                    .awaitText("#failures tbody .why", "thrown" + ESCAPED)
                    .awaitText("#tasks tbody .id", "failing" + ESCAPED)
                    .awaitText("#tasks tbody .why", "thrown" + ESCAPED);
            assertNothingSteers(browser);

            browser.click("#failures tbody a.button")
                    .awaitText("#detail-title", "failing" + ESCAPED)
                    .awaitText("#detail-facts", "name" + ESCAPED)
                    .awaitText("#detail-facts", "Broken\\u202e")
                    .awaitText("#detail-blocks", "thrown" + ESCAPED)
                    .awaitText("#detail-blocks", "printed" + ESCAPED);
            assertNothingSteers(browser);
            browser.press(Keys.ESCAPE);

            browser.click("[data-view=current]")
                    .awaitText("#tasks tbody", "half" + ESCAPED)
                    .awaitText("#tasks tbody", "waiting" + ESCAPED)
                    .picture("escapes");
            assertNothingSteers(browser);
            browser.click("#tasks tbody .danger").awaitText("#confirm-text", ESCAPED);
            assertNothingSteers(browser);
            browser.click("#confirm [value=no]");

            client.call(TestClient.request("cancel", "running" + STEERING));
            client.call(TestClient.request("cancel", "waiting" + STEERING));
        }
    }

    /** Of a link that a stranger has made. */
    @Test
    void escapesTheTaskThatAnAddressNames() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1", http.flag()).startAtRest();
                Browser browser =
                        Browser.open(1440, 1000)
                                .go(http.uri("/#task=" + Http.encoded("unknown" + STEERING)))) {
            browser.awaitText("#detail-title", "unknown" + ESCAPED)
                    .awaitText("#detail-error", "nothing is kept of this task");
            assertNothingSteers(browser);
            assertThat(daemon.isAlive()).isTrue();
        }
    }

    private static void assertNothingSteers(Browser browser) {
        assertThat(browser.steered()).isEmpty();
    }
}
