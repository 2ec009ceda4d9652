package io.parallite.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.parallite.units.Texts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

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

        LaunchSettings.check(file, Map.of(Setting.TIMEOUT_MS, "5000")).apply(64);

        assertThat(System.getProperty("parallite.config")).isEqualTo(file.toString());
        assertThat(System.getProperty("parallite.timeout_ms")).isEqualTo("5000");
        assertThat(System.getProperty("parallite.fixed_workers"))
                .as("the file is read as a source of its own")
                .isNull();
    }

    @Test
    void namesNoFileThatIsNotThere() {
        LaunchSettings.check(directory.resolve("missing.json"), Map.of()).apply(64);

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

    @ParameterizedTest
    @EnumSource
    void putsEachProblemOnOneLineWhateverTheValueIs(Setting setting) {
        LaunchSettings settings =
                LaunchSettings.inspect(null, Map.of(setting, "1\n2\u202e3"), Map.of());

        assertThat(settings.problems()).allSatisfy(LaunchSettingsTest::assertOneLine);
        assertThat(settings.warnings()).allSatisfy(LaunchSettingsTest::assertOneLine);
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(
                        () ->
                                LaunchSettings.check(
                                        null, Map.of(Setting.FIXED_WORKERS, "1\n2\u202e3")))
                .withMessageContaining("fixed_workers=1\\n2\\u202e3 in flag");
    }

    @ParameterizedTest
    @EnumSource(names = {"WORKER_SCRIPT", "DIRECTORY", "TLS_KEY_FILE", "FAILURES_FILE", "SOCKET"})
    void refusesPathsThatNoFileCanHave(Setting setting) {
        assertThat(LaunchSettings.inspect(null, Map.of(setting, "/a\0b"), Map.of()).problems())
                .singleElement()
                .satisfies(
                        problem ->
                                assertThat(problem)
                                        .startsWith(setting.key() + "=/a")
                                        .contains("is not valid: expected a path")
                                        .isEqualTo(Texts.escape(problem)));
    }

    private static void assertOneLine(String problem) {
        assertThat(problem).isEqualTo(Texts.escape(problem));
    }

    @Test
    void putsAProblemOfTheFileOnOneLine() throws IOException {
        Path file = write("{\"fixed_workers\": \"1\\n2\\u202e3\", \"fixed_worker\\ns\": 1}");

        assertThat(LaunchSettings.inspect(file, Map.of(), Map.of()).problems())
                .isNotEmpty()
                .allSatisfy(LaunchSettingsTest::assertOneLine);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a/b", "\u202eabc", "a\u2028b", "a\u0007b", "a\u00a0b"})
    void refusesNamesOfWorkersThatATerminalWouldNotShowAsTheyAre(String prefix) throws IOException {
        Path file = write("{}");

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> LaunchSettings.check(file, Map.of(Setting.PREFIX_NAME, prefix)))
                .withMessageContaining("printable");
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
        LaunchSettings.check(write("{}"), Map.of()).apply(64);
        assertThat(System.getProperty("quarkus.http.host-enabled")).isNull();

        LaunchSettings.check(write("{\"http_port\": 8081}"), Map.of()).apply(64);

        assertThat(System.getProperty("quarkus.http.host-enabled")).isEqualTo("true");
        assertThat(System.getProperty("quarkus.http.port")).isEqualTo("8081");
        assertThat(System.getProperty("quarkus.http.host")).isEqualTo("127.0.0.1");
    }

    @Test
    void turnsDebugLogsOn() throws IOException {
        LaunchSettings.check(write("{\"debug_logs\": true}"), Map.of()).apply(64);

        assertThat(System.getProperty("quarkus.log.category.\"io.parallite\".level"))
                .isEqualTo("DEBUG");
    }

    @Test
    void saysWhereEachValueComesFrom() throws IOException {
        Path file =
                write(
                        """
                        {"fixed_workers": 4, "timeout_ms": 1000, "prefix_name": "file",
                         "php_options": ["-d", "memory_limit=1G"]}
                        """);

        LaunchSettings settings =
                LaunchSettings.inspect(
                        file,
                        Map.of(Setting.FIXED_WORKERS, "6"),
                        Map.of("PARALLITE_TIMEOUT_MS", "2000", "PARALLITE_PHP_INCLUDES", "a,b"));

        assertThat(settings.problems()).isEmpty();
        assertThat(value(settings, Setting.FIXED_WORKERS)).isEqualTo("6 FLAG --fixed-workers");
        assertThat(value(settings, Setting.TIMEOUT_MS))
                .isEqualTo("2000 ENVIRONMENT PARALLITE_TIMEOUT_MS");
        assertThat(value(settings, Setting.PREFIX_NAME)).isEqualTo("file FILE " + file);
        assertThat(value(settings, Setting.PHP_OPTIONS))
                .isEqualTo("-d,memory_limit=1G FILE " + file);
        assertThat(value(settings, Setting.PHP_INCLUDES))
                .isEqualTo("a,b ENVIRONMENT PARALLITE_PHP_INCLUDES");
        assertThat(value(settings, Setting.MAX_QUEUE)).isEqualTo("10000 DEFAULT ");
    }

    @Test
    void flagsThatAreEmptyOrZeroSetNothing() throws IOException {
        Path file = write("{\"fixed_workers\": 4, \"timeout_ms\": 1000, \"fail_mode\": \"stop\"}");

        LaunchSettings settings =
                LaunchSettings.inspect(
                        file,
                        Map.of(
                                Setting.FIXED_WORKERS, "0",
                                Setting.TIMEOUT_MS, "0",
                                Setting.MAX_PAYLOAD_BYTES, "0",
                                Setting.PREFIX_NAME, "",
                                Setting.FAIL_MODE, "",
                                Setting.WORKER_IDLE_MS, "0"),
                        Map.of());

        assertThat(settings.problems()).isEmpty();
        assertThat(value(settings, Setting.FIXED_WORKERS)).isEqualTo("4 FILE " + file);
        assertThat(value(settings, Setting.TIMEOUT_MS)).isEqualTo("1000 FILE " + file);
        assertThat(value(settings, Setting.MAX_PAYLOAD_BYTES)).isEqualTo("10485760 DEFAULT ");
        assertThat(value(settings, Setting.PREFIX_NAME)).isEqualTo("work DEFAULT ");
        assertThat(value(settings, Setting.FAIL_MODE)).isEqualTo("stop FILE " + file);
        assertThat(value(settings, Setting.WORKER_IDLE_MS)).isEqualTo("0 FLAG --worker-idle-ms");
    }

    @Test
    void flagOfAWorkerScriptThatIsNotThereSetsNothing() throws IOException {
        Path file = write("{\"worker_script\": \"mine.php\"}");
        LaunchSettings settings =
                LaunchSettings.inspect(
                        file, Map.of(Setting.WORKER_SCRIPT, "vendor/no/such.php"), Map.of());

        assertThat(settings.problems()).isEmpty();
        assertThat(value(settings, Setting.WORKER_SCRIPT)).isEqualTo("mine.php FILE " + file);
        assertThat(settings.warnings())
                .singleElement(InstanceOfAssertFactories.STRING)
                .contains("--worker-script=vendor/no/such.php does not exist");

        Files.createFile(file.resolveSibling("there.php"));
        settings =
                LaunchSettings.inspect(file, Map.of(Setting.WORKER_SCRIPT, "there.php"), Map.of());
        assertThat(value(settings, Setting.WORKER_SCRIPT))
                .isEqualTo("there.php FLAG --worker-script");
    }

    @Test
    void worksOutDefaultsThatFollowFromOtherSettings() throws IOException {
        LaunchSettings settings =
                LaunchSettings.inspect(
                        write("{\"fixed_workers\": 50, \"timeout_ms\": 7}"), Map.of(), Map.of());

        assertThat(value(settings, Setting.MAX_WORKERS)).isEqualTo("50 DEFAULT ");
        assertThat(value(settings, Setting.QUEUE_TIMEOUT_MS)).isEqualTo("7 DEFAULT ");
        assertThat(value(settings, Setting.SOCKET))
                .isEqualTo(ListenAddress.byDefault() + " DEFAULT ");
        assertThat(value(settings, Setting.WORKER_SCRIPT)).isEqualTo(" DEFAULT ");
    }

    @Test
    void findsAllProblemsAtOnce() throws IOException {
        Path file = write("{\"fixed_worker\": 1, \"timeout_ms\": 0, \"max_workers\": 2}");

        LaunchSettings settings =
                LaunchSettings.inspect(
                        file,
                        Map.of(Setting.FIXED_WORKERS, "3"),
                        Map.of("PARALLITE_FAIL_MODE", "never", "PARALLITE_TIMEOUT", "1"));

        assertThat(settings.problems())
                .satisfiesExactly(
                        key -> assertThat(key).contains("unknown key \"fixed_worker\""),
                        value -> assertThat(value).contains("timeout_ms=0 in " + file),
                        variable -> assertThat(variable).contains("PARALLITE_FAIL_MODE"),
                        both -> assertThat(both).contains("exceeds max_workers=2"));
    }

    private static String value(LaunchSettings settings, Setting setting) {
        return settings.effective().stream()
                .filter(value -> value.setting() == setting)
                .map(
                        value ->
                                value.text()
                                        + " "
                                        + value.origin().kind()
                                        + " "
                                        + value.origin().name())
                .findFirst()
                .orElseThrow();
    }

    private Path write(String text) throws IOException {
        return Files.writeString(directory.resolve("parallite.json"), text);
    }
}
