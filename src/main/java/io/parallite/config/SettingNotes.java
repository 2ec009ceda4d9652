package io.parallite.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Properties;

/**
 * The documentation of the settings for documents and editors, beyond the line that help has: from
 * {@code settings.properties}. Read only where the schema is printed.
 */
final class SettingNotes {

    private final Properties notes = new Properties();

    /** Reads them. */
    SettingNotes() {
        try (InputStream file = SettingNotes.class.getResourceAsStream("/settings.properties")) {
            if (file == null) {
                throw new IOException("settings.properties is not on the class path");
            }
            notes.load(new InputStreamReader(file, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a setting means, in Markdown. */
    String meaning(Setting setting) {
        return note(setting.key())
                .orElseThrow(
                        () -> new IllegalStateException("settings.properties lacks " + setting));
    }

    /** The table that it stands in, named like its section in the documents. */
    Optional<String> table(Setting setting) {
        return note(setting.key() + ".table");
    }

    /** Its type in Markdown, where the type of the schema is not enough. */
    Optional<String> type(Setting setting) {
        return note(setting.key() + ".type");
    }

    /** Its default, in Markdown, where that is no plain value. */
    Optional<String> byDefault(Setting setting) {
        return note(setting.key() + ".default");
    }

    private Optional<String> note(String name) {
        return Optional.ofNullable(notes.getProperty(name));
    }
}
