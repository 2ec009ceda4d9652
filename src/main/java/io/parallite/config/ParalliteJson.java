package io.parallite.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Reads {@code parallite.json}: one flat object of settings. Keys that begin with {@code _} are
 * comments.
 */
public final class ParalliteJson {

    private static final JsonFactory JSON =
            JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private ParalliteJson() {}

    /**
     * The properties of a file; a list {@code x} of two becomes {@code parallite.x[0]} and {@code
     * parallite.x[1]}.
     *
     * @throws ConfigException when it cannot be read, is not JSON, or holds an unknown key or a bad
     *     value
     */
    public static Map<String, String> read(Path file) {
        Map<String, String> properties = new LinkedHashMap<>();
        try (JsonParser parser = JSON.createParser(Files.readAllBytes(file))) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new ConfigException(
                        file + " is not a JSON object; write {\"fixed_workers\": 4}");
            }
            for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
                parser.nextToken();
                readSetting(file, key, parser, properties);
            }
            if (parser.currentToken() != JsonToken.END_OBJECT || parser.nextToken() != null) {
                throw new ConfigException(
                        file + " goes on behind its JSON object; remove the rest");
            }
        } catch (JsonProcessingException e) {
            throw new ConfigException(
                    "%s is not valid JSON at line %d, column %d: %s"
                            .formatted(
                                    file,
                                    e.getLocation().getLineNr(),
                                    e.getLocation().getColumnNr(),
                                    e.getOriginalMessage()));
        } catch (IOException e) {
            throw new ConfigException(
                    "%s cannot be read: %s: %s"
                            .formatted(file, e.getClass().getSimpleName(), e.getMessage()));
        }
        return properties;
    }

    private static void readSetting(
            Path file, String key, JsonParser parser, Map<String, String> properties)
            throws IOException {
        if (key.startsWith("_")) {
            parser.skipChildren();
            return;
        }
        Optional<Setting> known = Setting.of(key);
        if (known.isEmpty()) {
            String hint =
                    Setting.nearest(key)
                            .map("; did you mean \"%s\"?"::formatted)
                            .orElse("; begin it with _ if it is a comment");
            throw new ConfigException("unknown key \"%s\" in %s%s".formatted(key, file, hint));
        }
        Setting setting = known.get();
        if (setting.isIgnored() || parser.currentToken() == JsonToken.VALUE_NULL) {
            parser.skipChildren();
        } else if (setting.isList()) {
            readList(file, setting, parser, properties);
        } else {
            readScalar(file, setting, parser, properties);
        }
    }

    private static void readScalar(
            Path file, Setting setting, JsonParser parser, Map<String, String> properties)
            throws IOException {
        if (!parser.currentToken().isScalarValue()) {
            throw new ConfigException(
                    "%s in %s must be a single value".formatted(setting.key(), file));
        }
        String value = parser.getText();
        if (!value.isEmpty()) { // empty is as good as absent, as the Go daemon has it
            setting.check(value, file.toString());
            properties.put(setting.property(), value);
        }
    }

    private static void readList(
            Path file, Setting setting, JsonParser parser, Map<String, String> properties)
            throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw new ConfigException(
                    "%s in %s must be a list of texts".formatted(setting.key(), file));
        }
        for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
            if (parser.currentToken() != JsonToken.VALUE_STRING) {
                throw new ConfigException(
                        "%s in %s must be a list of texts".formatted(setting.key(), file));
            }
            properties.put("%s[%d]".formatted(setting.property(), i), parser.getText());
        }
    }
}
