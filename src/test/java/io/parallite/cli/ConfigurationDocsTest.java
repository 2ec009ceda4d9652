package io.parallite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.config.JsonSchema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The documents of the settings come from the settings: the schema for editors, and the tables of
 * configuration.md from the schema. With {@code -DwriteDocs} they are written anew.
 */
class ConfigurationDocsTest {

    private static final Path SCHEMA = Path.of("src/docs/parallite.schema.json");
    private static final Path TABLES = Path.of("src/docs/configuration.md");
    private static final String REMEDY =
            "settings have changed; run: ./mvnw test -Dtest=ConfigurationDocsTest -DwriteDocs";

    private final String schema = Json.indented(JsonSchema.tree()) + "\n";

    @Test
    void schemaForEditorsIsThatOfTheDaemon() throws IOException {
        assertWritten(SCHEMA, schema);
    }

    @Test
    void tablesSayWhatTheSchemaSays() throws IOException {
        assertWritten(TABLES, tables().writeInto(Files.readString(TABLES)));
    }

    @Test
    void everySettingStandsInATable() throws IOException {
        assertThat(SettingTables.titles(Files.readString(TABLES)))
                .as("places for tables in " + TABLES)
                .containsExactlyInAnyOrderElementsOf(tables().wanted());
    }

    @Test
    void oneLineIsEnoughForACell() {
        assertThat(schema.lines().filter(line -> line.contains("\"markdownDescription\"")))
                .noneMatch(line -> line.contains("\\n") || line.contains(" | "));
    }

    private SettingTables tables() throws IOException {
        return new SettingTables(Json.read(Json.bytes(JsonSchema.tree())));
    }

    private static void assertWritten(Path file, String expected) throws IOException {
        if (System.getProperty("writeDocs") != null) {
            Files.writeString(file, expected);
        }
        assertThat(Files.readString(file)).as(REMEDY).isEqualTo(expected);
    }
}
