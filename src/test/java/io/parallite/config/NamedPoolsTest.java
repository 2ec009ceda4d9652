package io.parallite.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The setting {@code pools}: what a pool has of its own, and what it takes from outside. */
class NamedPoolsTest {

    @TempDir private Path directory;

    @Test
    void aPoolIsAsTheTopLevelIsButForWhatItSets() throws IOException {
        CurrentConfig config =
                config(
                        """
                        {"timeout_ms": 5000, "max_queue": 7, "php_options": ["-d", "a=1"],
                         "fixed_workers": 3, "max_workers": 5,
                         "pools": {"reports": {"timeout_ms": 600000, "php_options": ["-d", "b=2"]},
                                   "mail": {"max_workers": 2, "fixed_workers": 1}}}
                        """);

        ParalliteConfig reports = config.now("reports");
        assertThat(config.pools()).containsExactly("reports", "mail");
        assertThat(reports.timeout()).hasMinutes(10);
        assertThat(reports.queueTimeout()).hasMinutes(10);
        assertThat(reports.phpOptions()).contains(List.of("-d", "b=2"));
        assertThat(reports.maxQueue()).isEqualTo(7);
        assertThat(reports.maxWorkers()).isEqualTo(5);
        assertThat(reports.fixedWorkers()).as("none of its own").isZero();
        assertThat(reports.prefixName()).isEqualTo("work-reports");
        assertThat(config.now("mail").fixedWorkers()).isEqualTo(1);
        assertThat(config.now("mail").timeout()).hasSeconds(5);
        assertThat(config.now().timeout()).hasSeconds(5);
        assertThat(config.maxWorkers()).isEqualTo(5 + 5 + 2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[]|pools in FILE must be an object, such as {\"reports\": {\"max_workers\": 4}}",
                "{\"Reports\": {}}|pools.Reports in FILE: call a pool by 1 to 32 lower-case letters, digits, dashes and underscores",
                "{\"default\": {}}|pools.default in FILE: the pool \"default\" is what is set outside of pools; set it there",
                "{\"a\": 4}|pools.a in FILE must be an object of settings; {} has all of them as they are outside of pools",
                "{\"a\": {\"max_wokers\": 4}}|unknown key \"pools.a.max_wokers\" in FILE; did you mean \"max_workers\"?",
                "{\"a\": {\"max_workers\": 0}}|pools.a.max_workers=0 in FILE is not valid: expected a whole number from 1 to 1000",
                "{\"a\": {\"php_options\": \"-d\"}}|pools.a.php_options in FILE must be a list of texts",
                "{\"a\": {\"socket\": \"/x\"}}|pools.a.socket in FILE: socket is the same for all pools; set it outside of pools",
                "{\"a\": {\"fixed_workers\": 5, \"max_workers\": 4}}|pools.a: fixed_workers=5 exceeds max_workers=4; raise max_workers or lower fixed_workers",
            })
    void saysWhatIsWrongWhereAndWhatToDo(String pools, String problem) throws IOException {
        Path file = file("{\"pools\": " + pools + "}");

        assertThat(LaunchSettings.inspect(file, Map.of(), Map.of()).problems())
                .containsExactly(problem.replace("FILE", file.toString()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\": |pools in SOURCE is not valid JSON at column 6",
                "{\"a\": {}} x|pools in SOURCE is not valid JSON at column 11",
                "{\"a\": {}} {}|pools in SOURCE goes on behind its JSON object",
                "{\"a\": {\"max_workers\": \"x\"}}|pools.a.max_workers=x in SOURCE is not valid",
            })
    void isReadFromTheEnvironmentAsJson(String pools, String problem) {
        assertThat(
                        LaunchSettings.inspect(
                                        directory.resolve("none.json"),
                                        Map.of(),
                                        Map.of("PARALLITE_POOLS", pools))
                                .problems())
                .singleElement()
                .asString()
                .startsWith(problem.replace("SOURCE", "environment variable PARALLITE_POOLS"));
    }

    @Test
    void isShownAsItIsGiven() throws IOException {
        LaunchSettings settings =
                LaunchSettings.inspect(
                        file("{\"pools\": {\"a\": {\"_why\": 1, \"max_workers\": 4}}}"),
                        Map.of(),
                        Map.of());

        assertThat(settings.effective())
                .filteredOn(value -> value.setting() == Setting.POOLS)
                .singleElement()
                .satisfies(
                        value -> {
                            assertThat(value.shown()).isEqualTo("{\"a\":{\"max_workers\":4}}");
                            assertThat(value.json())
                                    .isEqualTo(Map.of("a", Map.of("max_workers", 4L)));
                        });
    }

    @Test
    void otherPoolsNeedARestartAndOtherLimitsDoNot() throws IOException {
        Path file = file("{\"pools\": {\"a\": {\"max_workers\": 4}}}");
        CurrentConfig config = CurrentConfig.of(LaunchSettings.inspect(file, Map.of(), Map.of()));

        Files.writeString(file, "{\"pools\": {\"a\": {\"max_workers\": 6}}}");
        ConfigUpdate limits = config.read(path -> file);
        Files.writeString(file, "{\"pools\": {\"b\": {\"max_workers\": 6}}}");
        ConfigUpdate others = config.read(path -> file);
        Files.writeString(file, "{\"pools\": {\"a\": {\"worker_start\": \"fork\"}}}");
        ConfigUpdate start = config.read(path -> file);

        assertThat(limits.changedKeys()).containsExactly("pools");
        assertThat(limits.of("a").maxWorkers()).isEqualTo(6);
        assertThat(others.changedKeys()).isEmpty();
        assertThat(others.pendingKeys()).containsExactly("pools");
        assertThat(others.of("a").maxWorkers()).isEqualTo(4);
        assertThat(start.pendingKeys()).containsExactly("pools");
    }

    private CurrentConfig config(String json) throws IOException {
        LaunchSettings settings = LaunchSettings.inspect(file(json), Map.of(), Map.of());
        assertThat(settings.problems()).isEmpty();
        return CurrentConfig.of(settings);
    }

    private Path file(String json) throws IOException {
        return Files.writeString(directory.resolve("parallite.json"), json);
    }
}
