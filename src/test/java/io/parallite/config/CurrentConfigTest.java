package io.parallite.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a reload reads from the configuration file, and what it makes of it. */
class CurrentConfigTest {

    @TempDir private Path directory;

    /** System properties: the flags of the start. */
    private final Map<String, String> properties = new HashMap<>();

    private Path file;

    @BeforeEach
    void askForFile() {
        file = directory.resolve("parallite.json");
        properties.put(ParalliteJsonSource.ASKED, file.toString());
    }

    @Test
    void nothingHasChangedInAFileThatIsTheSame() {
        CurrentConfig current = started("{\"max_queue\": 7, \"php_options\": [\"-d\", \"a=b\"]}");

        ConfigUpdate update = current.read(path -> path);

        assertThat(update.changed()).isEmpty();
        assertThat(update.pending()).isEmpty();
        assertThat(update.config().maxQueue()).isEqualTo(7);
        assertThat(update.config().config()).contains(file.toString());
    }

    @Test
    void takesOverWhatCanChangeAndNamesWhatNeedsARestart() {
        CurrentConfig current = started("{\"max_queue\": 7, \"http_port\": 0}");
        write(
                """
                {"max_queue": 8, "max_workers": 50, "php_options": ["-d", "memory_limit=1G"],
                 "http_port": 9009, "prefix_name": "other"}""");

        ConfigUpdate update = current.read(path -> path);

        assertThat(update.changed())
                .containsExactly(Setting.MAX_WORKERS, Setting.PHP_OPTIONS, Setting.MAX_QUEUE);
        assertThat(update.pending()).containsExactly(Setting.PREFIX_NAME, Setting.HTTP_PORT);
        assertThat(update.config().maxQueue()).isEqualTo(8);
        assertThat(update.config().maxWorkers()).isEqualTo(50);
        assertThat(update.config().phpOptions()).contains(List.of("-d", "memory_limit=1G"));
        assertThat(update.config().httpPort()).isZero();
        assertThat(update.config().prefixName()).isEqualTo("work");
    }

    @Test
    void changesNothingUntilItIsAdopted() {
        CurrentConfig current = started("{\"max_queue\": 7}");
        write("{\"max_queue\": 8}");

        ConfigUpdate update = current.read(path -> path);
        assertThat(current.now().maxQueue()).isEqualTo(7);

        current.adopt(update);
        assertThat(current.now().maxQueue()).isEqualTo(8);
        assertThat(current.read(path -> path).changed()).isEmpty();
    }

    /** Else the second reload would forget what the first has said. */
    @Test
    void namesWhatNeedsARestartAtEachReload() {
        CurrentConfig current = started("{}");
        write("{\"prefix_name\": \"other\"}");

        current.adopt(current.read(path -> path));

        assertThat(current.read(path -> path).pending()).containsExactly(Setting.PREFIX_NAME);
    }

    @Test
    void returnsToTheDefaultOfWhatIsNoLongerInTheFile() {
        CurrentConfig current = started("{\"max_queue\": 7, \"php_includes\": [\"a.php\"]}");
        write("{}");

        ConfigUpdate update = current.read(path -> path);

        assertThat(update.changed()).containsExactly(Setting.PHP_INCLUDES, Setting.MAX_QUEUE);
        assertThat(update.config().maxQueue()).isEqualTo(10_000);
        assertThat(update.config().phpIncludes()).isEmpty();
    }

    @Test
    void aFlagGoesOnTakingPrecedence() {
        properties.put(Setting.MAX_QUEUE.property(), "5");
        CurrentConfig current = started("{\"max_queue\": 7}");
        write("{\"max_queue\": 8}");

        ConfigUpdate update = current.read(path -> path);

        assertThat(update.changed()).isEmpty();
        assertThat(update.config().maxQueue()).isEqualTo(5);
    }

    @Test
    void tellsWhereWhatIsInForceComesFrom() {
        properties.put(Setting.MAX_QUEUE.property(), "5");
        CurrentConfig current = started("{\"timeout_ms\": 7, \"php_options\": [\"-n\"]}");
        write("{\"max_workers\": 40, \"prefix_name\": \"other\"}");

        assertThat(origin(current, Setting.MAX_QUEUE)).isEqualTo("5 of --max-queue");
        assertThat(origin(current, Setting.TIMEOUT_MS)).isEqualTo("7 of " + file);
        assertThat(origin(current, Setting.QUEUE_TIMEOUT_MS)).isEqualTo("7 of default");
        assertThat(origin(current, Setting.PHP_OPTIONS)).isEqualTo("-n of " + file);
        assertThat(origin(current, Setting.MAX_WORKERS)).isEqualTo("32 of default");

        current.adopt(current.read(path -> path));

        assertThat(origin(current, Setting.MAX_QUEUE)).isEqualTo("5 of --max-queue");
        assertThat(origin(current, Setting.TIMEOUT_MS)).isEqualTo("60000 of default");
        assertThat(origin(current, Setting.PHP_OPTIONS)).isEqualTo(" of default");
        assertThat(origin(current, Setting.MAX_WORKERS)).isEqualTo("40 of " + file);
        assertThat(origin(current, Setting.PREFIX_NAME)).isEqualTo("work of default");
    }

    private static String origin(CurrentConfig current, Setting setting) {
        return current.effective().stream()
                .filter(value -> value.setting() == setting)
                .map(value -> value.text() + " of " + value.origin().text())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void failsWithWhatIsWrongInTheFile() {
        CurrentConfig current = started("{\"max_queue\": 7}");

        write("{\"max_queue\": -1}");
        assertFails(current, "max_queue=-1 in " + file);
        write("{\"max_queu\": 8}");
        assertFails(current, "did you mean \"max_queue\"?");
        write("{\"max_queue\": ");
        assertFails(current, "is not valid JSON at line 1");
        write("{\"fixed_workers\": 9, \"max_workers\": 3}");
        assertFails(current, "fixed_workers=9 exceeds max_workers=3");
        assertThat(current.now().maxQueue()).isEqualTo(7);
    }

    @Test
    void nothingChangesWhenTheFileIsGone() throws IOException {
        CurrentConfig current = started("{\"max_queue\": 7}");

        Files.delete(file);

        assertThat(current.read(path -> path).changed()).isEmpty();
        assertThat(current.read(path -> path).config().maxQueue()).isEqualTo(7);
    }

    @Test
    void readsAFileThatWasNotThereAtTheStart() {
        CurrentConfig current =
                new CurrentConfig(config(Map.of()), values(Map.of()), properties::get);
        assertThat(current.read(path -> path).changed()).isEmpty();

        write("{\"max_queue\": 8}");

        assertThat(current.read(path -> path).config().maxQueue()).isEqualTo(8);
    }

    /** A deployment has replaced the directory of the file by another one. */
    @Test
    void readsTheFileWhereItIsNow() throws IOException {
        CurrentConfig current = started("{\"max_queue\": 7}");
        Path moved = Files.writeString(directory.resolve("moved.json"), "{\"max_queue\": 9}");

        assertThat(current.read(path -> moved).config().maxQueue()).isEqualTo(9);
    }

    private static void assertFails(CurrentConfig current, String why) {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> current.read(path -> path))
                .withMessageContaining(why);
    }

    private CurrentConfig started(String json) {
        write(json);
        Map<String, String> all = new HashMap<>(ParalliteJson.read(file));
        all.put(ParalliteJsonSource.LOCATION, file.toString());
        all.putAll(properties);
        return new CurrentConfig(config(all), values(all), properties::get);
    }

    private void write(String json) {
        try {
            Files.writeString(file, json);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static ParalliteConfig config(Map<String, String> all) {
        return values(all).getConfigMapping(ParalliteConfig.class);
    }

    private static SmallRyeConfig values(Map<String, String> all) {
        return new SmallRyeConfigBuilder()
                .withMapping(ParalliteConfig.class)
                .withValidateUnknown(false)
                .withSources(new DefaultsSource())
                .withSources(new PropertiesConfigSource(all, "a test", 275))
                .build();
    }
}
