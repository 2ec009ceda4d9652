package io.parallite.it;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.logging.Level;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * A real Chromium without a window. Tests are skipped, and say so, where there is none.
 *
 * <p>{@code -Dit.screenshots=DIRECTORY} keeps the pictures that tests take.
 */
final class Browser implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final int MOST_TRIES = 10;

    private final ChromeDriver driver;

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    static Browser open(int width, int height) {
        Path chromium = Programs.find("chromium");
        Path chromedriver = Programs.find("chromedriver");
        boolean installed = chromium != null && chromedriver != null;
        if (!installed) {
            System.out.println(
                    "the page is not tested in a browser: install chromium and chromium-driver (deploy/tools-for-tests)");
        }
        Assumptions.assumeTrue(installed, "chromium and chromium-driver are not installed");
        ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium.toFile());
        options.addArguments(
                "--headless=new",
                "--no-sandbox", // root has none, and CI often is root
                "--disable-dev-shm-usage",
                "--disable-gpu",
                "--hide-scrollbars",
                "--force-prefers-reduced-motion",
                "--window-size=%d,%d".formatted(width, height));
        LoggingPreferences logging = new LoggingPreferences();
        logging.enable(LogType.BROWSER, Level.ALL);
        options.setCapability("goog:loggingPrefs", logging);
        ChromeDriverService service =
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(chromedriver.toFile())
                        .usingAnyFreePort()
                        .withLogOutput(java.io.OutputStream.nullOutputStream())
                        .build();
        Browser browser = new Browser(new ChromeDriver(service, options));
        browser.resize(width, height);
        return browser;
    }

    Browser go(URI page) {
        driver.get(page.toString());
        return this;
    }

    /** Makes the page itself this large; windows may not be that narrow. */
    Browser resize(int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                java.util.Map.of(
                        "width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
        return this;
    }

    /** Prefers dark or light. */
    Browser prefer(String scheme) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                java.util.Map.of(
                        "features",
                        List.of(
                                java.util.Map.of(
                                        "name", "prefers-color-scheme", "value", scheme))));
        return this;
    }

    /** The visible text of the first element that {@code css} selects; empty without one. */
    String text(String css) {
        try {
            return driver.findElement(By.cssSelector(css)).getText();
        } catch (NoSuchElementException | StaleElementReferenceException e) {
            return "";
        }
    }

    /** The visible texts of all elements that {@code css} selects. */
    List<String> texts(String css) {
        return whileItIsThere(
                () ->
                        driver.findElements(By.cssSelector(css)).stream()
                                .map(WebElement::getText)
                                .toList());
    }

    /** Looks again where the page has replaced an element between finding and using it. */
    private static <T> T whileItIsThere(Supplier<T> use) {
        for (int tries = 0; ; tries++) {
            try {
                return use.get();
            } catch (StaleElementReferenceException e) {
                if (tries == MOST_TRIES) {
                    throw e;
                }
            }
        }
    }

    /** Waits until the text of {@code css} has these words. */
    Browser awaitText(String css, String words) {
        await("\"%s\" in %s".formatted(words, css))
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> text(css), text -> text.contains(words));
        return this;
    }

    Browser click(String css) {
        return whileItIsThere(
                () -> {
                    driver.findElement(By.cssSelector(css)).click();
                    return this;
                });
    }

    Browser type(String css, String text) {
        driver.findElement(By.cssSelector(css)).sendKeys(text);
        return this;
    }

    /** Types {@code text} in place of what is there. */
    Browser replace(String css, String text) {
        driver.findElement(By.cssSelector(css)).clear();
        return type(css, text);
    }

    /** What can be pressed but is lower or narrower than 44 px, as HTML; empty when nothing is. */
    String tooSmallForFingers() {
        return (String)
                evaluate(
                        "[...document.querySelectorAll('button, a[href], summary, input')].filter(e => {"
                                + " const r = e.getBoundingClientRect();"
                                + " return r.width > 0 && (r.height < 44 || r.width < 44); })"
                                + ".map(e => e.outerHTML).join('\\n')");
    }

    /**
     * Texts and attributes of the page with characters that end a line or turn its text around, a
     * line each; empty when there are none.
     */
    String steered() {
        return (String)
                evaluate(
                        "[...document.querySelectorAll('body *')].flatMap(e =>"
                                + " [...[...e.attributes].map(a => a.value), ...[...e.childNodes]"
                                + ".filter(n => n.nodeType === Node.TEXT_NODE).map(n => n.data)])"
                                + ".filter(t => /[\\u2028\\u2029]|\\p{Bidi_Control}/u.test(t))"
                                + ".map(JSON.stringify).join('\\n')");
    }

    /** Presses a key, wherever the focus is. */
    Browser press(Keys key) {
        new Actions(driver).sendKeys(key).perform();
        return this;
    }

    /** The id of the element that has the focus. */
    String focused() {
        return String.valueOf(driver.switchTo().activeElement().getDomAttribute("id"));
    }

    Object evaluate(String script) {
        return driver.executeScript("return " + script);
    }

    /** What the browser complained of since the last call: errors, refused content. */
    List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .map(LogEntry::getMessage)
                .toList();
    }

    /** Takes a picture, if pictures are kept. */
    Browser picture(String name) {
        String directory = System.getProperty("it.screenshots");
        if (directory != null) {
            try {
                Files.createDirectories(Path.of(directory));
                Files.write(
                        Path.of(directory, name + ".png"),
                        driver.getScreenshotAs(OutputType.BYTES));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return this;
    }

    @Override
    public void close() {
        driver.quit();
    }
}
