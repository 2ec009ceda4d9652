package io.parallite.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher checks before it starts anything, and what it hands on. */
class LaunchSettingsTest {

    @TempDir private Path directory;
    private final Properties before = new Properties();

    @BeforeEach
    void keepSystemProperties() {
        before.putAll(System.getProperties());
    }

    @AfterEach
    void restoreSystemProperties() {
        System.setProperties(before);
    }

    @Test
    void namesTheFileAndTheFlagsToQuarkus() throws IOException {
        Path file = write("{\"fixed_workers\": 4}");

        LaunchSettings.check(file, Map.of(Setting.TIMEOUT_MS, "5000")).apply();

        assertThat(System.getProperty("parallite.config")).isEqualTo(file.toString());
        assertThat(System.getProperty("parallite.timeout_ms")).isEqualTo("5000");
        assertThat(System.getProperty("parallite.fixed_workers"))
                .as("the file is read as a source of its own")
                .isNull();
    }

    @Test
    void namesNoFileThatIsNotThere() {
        LaunchSettings.check(directory.resolve("missing.json"), Map.of()).apply();

        assertThat(System.getProperty("parallite.config")).isNull();
    }

    @Test
    void changesNothingBeforeItIsApplied() throws IOException {
        LaunchSettings.check(write("{}"), Map.of(Setting.TIMEOUT_MS, "5000"));

        assertThat(System.getProperty("parallite.timeout_ms")).isNull();
        assertThat(System.getProperty("parallite.config")).isNull();
    }

    @Test
    void refusesBadFlagByItsName() throws IOException {
        Path file = write("{}");

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> LaunchSettings.check(file, Map.of(Setting.FIXED_WORKERS, "many")))
                .withMessageContaining("fixed_workers=many in flag --fixed-workers is not valid");
    }

    @Test
    void refusesBadFileThoughAFlagOverridesIt() throws IOException {
        Path file = write("{\"fixed_workers\": \"many\"}");

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> LaunchSettings.check(file, Map.of(Setting.FIXED_WORKERS, "1")))
                .withMessageContaining(file.toString());
    }

    @Test
    void refusesMorePersistentWorkersThanThereMayBe() throws IOException {
        Path file = write("{\"fixed_workers\": 8, \"max_workers\": 4}");

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> LaunchSettings.check(file, Map.of()))
                .withMessageContaining("fixed_workers=8 exceeds max_workers=4");
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> LaunchSettings.check(file, Map.of(Setting.FIXED_WORKERS, "5")))
                .withMessageContaining("fixed_workers=5 exceeds max_workers=4");
    }

    @Test
    void flagBeatsFileWhereTheyAreCheckedTogether() throws IOException {
        Path file = write("{\"fixed_workers\": 8, \"max_workers\": 4}");

        assertThatCode(() -> LaunchSettings.check(file, Map.of(Setting.FIXED_WORKERS, "2")))
                .doesNotThrowAnyException();
        assertThatCode(() -> LaunchSettings.check(file, Map.of(Setting.MAX_WORKERS, "8")))
                .doesNotThrowAnyException();
    }

    @Test
    void manyPersistentWorkersNeedNoMaximum() throws IOException {
        Path file = write("{\"fixed_workers\": 100}");

        assertThatCode(() -> LaunchSettings.check(file, Map.of())).doesNotThrowAnyException();
    }

    @Test
    void opensHttpOnlyWhereAPortIsSet() throws IOException {
        LaunchSettings.check(write("{}"), Map.of()).apply();
        assertThat(System.getProperty("quarkus.http.host-enabled")).isNull();

        LaunchSettings.check(write("{\"http_port\": 8081}"), Map.of()).apply();

        assertThat(System.getProperty("quarkus.http.host-enabled")).isEqualTo("true");
        assertThat(System.getProperty("quarkus.http.port")).isEqualTo("8081");
        assertThat(System.getProperty("quarkus.http.host")).isEqualTo("127.0.0.1");
    }

    @Test
    void turnsDebugLogsOn() throws IOException {
        LaunchSettings.check(write("{\"debug_logs\": true}"), Map.of()).apply();

        assertThat(System.getProperty("quarkus.log.category.\"io.parallite\".level"))
                .isEqualTo("DEBUG");
    }

    private Path write(String text) throws IOException {
        return Files.writeString(directory.resolve("parallite.json"), text);
    }
}
