package io.parallite.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParalliteJsonTest {

    @TempDir private Path directory;
    private Path file;

    @BeforeEach
    void nameFile() {
        file = directory.resolve("parallite.json");
    }

    @Test
    void readsValuesAsPropertiesInOrder() throws IOException {
        assertThat(
                        read(
                                """
                                {
                                    "fixed_workers": 4,
                                    "prefix_name": "job",
                                    "enable_benchmark": true,
                                    "socket": "/tmp/x.sock",
                                    "timeout_ms": "30000"
                                }
                                """))
                .containsExactly(
                        entry("parallite.fixed_workers", "4"),
                        entry("parallite.prefix_name", "job"),
                        entry("parallite.enable_benchmark", "true"),
                        entry("parallite.socket", "/tmp/x.sock"),
                        entry("parallite.timeout_ms", "30000"));
    }

    @Test
    void leavesTheSchemaToEditors() throws IOException {
        assertThat(read("{\"$schema\": \"parallite.schema.json\", \"fixed_workers\": 4}"))
                .containsExactly(entry("parallite.fixed_workers", "4"));
    }

    @Test
    void pathsOfFilesAreRelativeToTheFileThatNamesThem() throws IOException {
        assertThat(read("{\"auth_token_file\": \"secrets/token\", \"tls_key_file\": \"/etc/key\"}"))
                .containsExactly(
                        entry("parallite.auth_token_file", directory + "/secrets/token"),
                        entry("parallite.tls_key_file", "/etc/key"));
    }

    @Test
    void goesOnBehindEachProblem() throws IOException {
        Files.writeString(
                file,
                """
                {"nope": {"a": [1]}, "fixed_workers": [2], "php_options": ["-d", {"x": []}, "z"],
                 "php_includes": "boot.php", "timeout_ms": "soon", "prefix_name": "kept"}
                """);
        List<String> problems = new ArrayList<>();

        assertThat(ParalliteJson.read(file, problems::add))
                .containsExactly(entry("parallite.prefix_name", "kept"));
        assertThat(problems)
                .satisfiesExactly(
                        one -> assertThat(one).startsWith("unknown key \"nope\""),
                        two -> assertThat(two).startsWith("fixed_workers in"),
                        three -> assertThat(three).startsWith("php_options in"),
                        four -> assertThat(four).startsWith("php_includes in"),
                        five -> assertThat(five).startsWith("timeout_ms=soon in"));
    }

    @Test
    void readsTheFileOfTheGoDaemonsClient() throws IOException {
        assertThat(
                        read(
                                """
                                {
                                    "_comment": "Parallite Configuration",
                                    "_nested": {"any": ["thing", {"at": "all"}]},
                                    "php_includes": ["config/bootstrap.php", "vendor/autoload.php"],
                                    "enable_benchmark": false,
                                    "debug_logs": false,
                                    "worker_debug_logs": true,
                                    "worker_script": "",
                                    "go_overrides": {"timeout_ms": 30000, "fixed_workers": 1}
                                }
                                """))
                .containsOnly(
                        entry("parallite.php_includes[0]", "config/bootstrap.php"),
                        entry("parallite.php_includes[1]", "vendor/autoload.php"),
                        entry("parallite.enable_benchmark", "false"),
                        entry("parallite.debug_logs", "false"),
                        entry("parallite.worker_debug_logs", "true"));
    }

    @Test
    void takesNullForTheDefault() throws IOException {
        assertThat(read("{\"fixed_workers\": null, \"php_includes\": null}")).isEmpty();
        assertThat(read("{}")).isEmpty();
    }

    @Test
    void emptyListSetsNothing() throws IOException {
        assertThat(read("{\"php_includes\": []}")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "fixed_worker, did you mean \"fixed_workers\"?",
        "timeout, did you mean \"timeout_ms\"?",
        "zzzzzzzzzzzz, begin it with _ if it is a comment",
        "FIXED_WORKERS, _",
    })
    void refusesUnknownKey(String key, String hint) {
        refused("{\"%s\": 1}".formatted(key))
                .withMessageContaining("unknown key \"%s\" in %s".formatted(key, file))
                .withMessageContaining(hint);
    }

    @Test
    void refusesBadValueNamingKeyValueAndFile() {
        refused("{\"fixed_workers\": \"four\"}")
                .withMessage(
                        "fixed_workers=four in %s is not valid: expected a whole number from 0 to 1000, or none"
                                .formatted(file));
        refused("{\"fixed_workers\": 2.5}").withMessageContaining("fixed_workers=2.5");
        refused("{\"fail_mode\": \"abort\"}")
                .withMessageContaining("continue or restart or stop_all or stop");
        refused("{\"enable_benchmark\": 1}").withMessageContaining("true or false");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"fixed_workers\": [1]}", "{\"fixed_workers\": {\"n\": 1}}"})
    void refusesStructuresInPlaceOfAValue(String text) {
        refused(text).withMessageContaining("fixed_workers").withMessageContaining("single value");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"php_includes\": \"a.php\"}",
                "{\"php_includes\": [1]}",
                "{\"php_includes\": [\"a.php\", null]}",
                "{\"php_options\": {\"-d\": \"x\"}}",
            })
    void refusesListsThatAreNone(String text) {
        refused(text).withMessageContaining("must be a list of texts");
    }

    @Test
    void refusesKeyThatIsThereTwice() {
        refused("{\"fixed_workers\": 1,\n \"fixed_workers\": 2}")
                .withMessageContaining("line 2")
                .withMessageContaining("Duplicate")
                .withMessageContaining("fixed_workers");
    }

    @Test
    void saysWhereItIsNoJson() {
        refused("{\n  \"fixed_workers\": 4,\n  \"timeout_ms\" 5\n}")
                .withMessageStartingWith(file + " is not valid JSON at line 3, column ");
        refused("{\"fixed_workers\": 4").withMessageContaining("is not valid JSON");
        refused("{\"fixed_workers\": 4,}").withMessageContaining("is not valid JSON");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "4", "\"fixed_workers\"", "null"})
    void refusesWhatIsNoObject(String text) {
        refused(text).withMessageContaining("is not a JSON object");
    }

    @Test
    void refusesWhatFollowsTheObject() {
        refused("{} {\"fixed_workers\": 4}").withMessageContaining("goes on behind");
    }

    @Test
    void saysWhyItCannotBeRead() throws IOException {
        Files.createDirectory(file);

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> ParalliteJson.read(file))
                .withMessageContaining(file + " cannot be read");
    }

    private Map<String, String> read(String text) throws IOException {
        Files.writeString(file, text);
        return ParalliteJson.read(file);
    }

    private ThrowableAssertAlternative<ConfigException> refused(String text) {
        return assertThatExceptionOfType(ConfigException.class).isThrownBy(() -> read(text));
    }
}
