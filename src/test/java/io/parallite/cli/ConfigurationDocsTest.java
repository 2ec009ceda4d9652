package io.parallite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.config.JsonSchema;
import io.parallite.config.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the documents say of the settings is what {@link Setting} says. */
class ConfigurationDocsTest {

    private static final Path DOCS = Path.of("src/docs");
    private static Map<String, Row> rows;

    /** A line of a table in configuration.md: setting, type and limits, default, flag. */
    private record Row(String key, String limits, String byDefault, String flag) {

        static Row of(String line) {
            List<String> cells = Arrays.stream(line.split("\\|")).map(String::strip).toList();
            return new Row(cells.get(1).replace("`", ""), cells.get(2), cells.get(3), cells.get(4));
        }
    }

    @BeforeAll
    static void readTables() throws IOException {
        try (var lines = Files.lines(DOCS.resolve("configuration.md"))) {
            rows =
                    lines.filter(line -> line.matches("\\| `[a-z_]+` \\|.*"))
                            .filter(line -> line.chars().filter(c -> c == '|').count() >= 6)
                            .map(Row::of)
                            .collect(Collectors.toMap(Row::key, Function.identity()));
        }
    }

    @Test
    void describesEverySettingAndNoOther() {
        assertThat(rows.keySet())
                .as("rows of the tables in src/docs/configuration.md")
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(Setting.values()).map(Setting::key).toList());
    }

    @ParameterizedTest
    @EnumSource(Setting.class)
    void saysTheLimits(Setting setting) throws IOException {
        Node schema = Json.read(Json.bytes(JsonSchema.tree())).at("properties").at(setting.key());
        String limits = rows.get(setting.key()).limits();

        if (schema.at("maximum").isPresent()) {
            assertThat(limits)
                    .isEqualTo(
                            "%d to %d"
                                    .formatted(
                                            schema.at("minimum").whole(),
                                            schema.at("maximum").whole()));
        } else if (schema.at("minimum").isPresent()) {
            assertThat(limits).isEqualTo(schema.at("minimum").whole() + " and up");
        }
        for (Node word : schema.at("enum").elements()) {
            assertThat(limits).contains("`" + word.text().orElseThrow() + "`");
        }
    }

    @ParameterizedTest
    @EnumSource(Setting.class)
    void saysTheDefault(Setting setting) {
        String byDefault = rows.get(setting.key()).byDefault();

        setting.byDefault()
                .filter(value -> !value.isEmpty())
                .ifPresent(value -> assertThat(byDefault).startsWith("`" + value + "`"));
        assertThat(byDefault).isNotEmpty();
    }

    @ParameterizedTest
    @EnumSource(Setting.class)
    void saysTheFlag(Setting setting) {
        String flag = rows.get(setting.key()).flag();

        if (!SettingFlags.isFlag(setting)) {
            assertThat(flag).isEmpty();
        } else if (setting == Setting.DEBUG_LOGS) {
            assertThat(flag).isEqualTo("`--debug`");
        } else {
            assertThat(flag).isEqualTo("`" + setting.flag() + "`");
        }
    }

    @Test
    void keepsTheSchemaForEditors() throws IOException {
        assertThat(Files.readString(DOCS.resolve("parallite.schema.json")))
                .as(
                        "the schema has changed; build, then run: target/parallite/bin/parallite"
                                + " config --schema > src/docs/parallite.schema.json")
                .isEqualTo(Json.indented(JsonSchema.tree()) + "\n");
    }
}
