package io.parallite.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Reads one JSON object of settings: all of {@code parallite.json}, or what one of its {@code
 * pools} has of its own. Keys that begin with {@code _} are comments, and {@code $schema} is for
 * editors.
 */
final class SettingsReader {

    private final String pool;
    private final String source;
    private final Consumer<String> problems;
    private final Map<Setting, List<String>> values = new LinkedHashMap<>();

    private SettingsReader(String pool, String source, Consumer<String> problems) {
        this.pool = pool;
        this.source = source;
        this.problems = problems;
    }

    /**
     * The valid values, as texts; those of {@code pools} are one text, which {@link NamedPools#of}
     * parses.
     *
     * @param parser positioned at the start of the object, and at its end afterwards
     * @param source the name of the input for messages: a file or a variable
     * @param problems gets a sentence for each error, in the order of the text
     */
    static Map<Setting, List<String>> read(
            JsonParser parser, String source, Consumer<String> problems) throws IOException {
        return new SettingsReader("", source, problems).readObject(parser);
    }

    /**
     * The pools, by name, with the settings of their own that are good.
     *
     * @param parser stands at the value of {@code pools}
     */
    static Map<String, Map<Setting, List<String>>> readPools(
            JsonParser parser, String source, Consumer<String> problems) throws IOException {
        Map<String, Map<Setting, List<String>>> pools = new LinkedHashMap<>();
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            problems.accept(
                    "pools in %s must be an object, such as {\"reports\": {\"max_workers\": 4}}"
                            .formatted(source));
            parser.skipChildren();
            return pools;
        }
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            parser.nextToken();
            Optional<String> problem = NamedPools.problemWithName(name);
            if (name.startsWith("_")) {
                parser.skipChildren();
            } else if (problem.isPresent()) {
                problems.accept("pools.%s in %s: %s".formatted(name, source, problem.get()));
                parser.skipChildren();
            } else if (parser.currentToken() != JsonToken.START_OBJECT) {
                problems.accept(
                        "pools.%s in %s must be an object of settings; {} has all of them as they are outside of pools"
                                .formatted(name, source));
                parser.skipChildren();
            } else {
                pools.put(name, new SettingsReader(name, source, problems).readObject(parser));
            }
        }
        return pools;
    }

    private Map<Setting, List<String>> readObject(JsonParser parser) throws IOException {
        for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
            parser.nextToken();
            readSetting(key, parser);
        }
        return values;
    }

    private void readSetting(String key, JsonParser parser) throws IOException {
        if (key.startsWith("_") || key.equals("$schema")) {
            parser.skipChildren();
            return;
        }
        Optional<Setting> known = Setting.of(key);
        if (known.isEmpty()) {
            String hint =
                    Setting.nearest(key)
                            .map("; did you mean \"%s\"?"::formatted)
                            .orElse("; begin it with _ if it is a comment");
            problems.accept("unknown key \"%s\" in %s%s".formatted(path(key), source, hint));
            parser.skipChildren();
            return;
        }
        Setting setting = known.get();
        if (!pool.isEmpty() && !NamedPools.mayHave(setting)) {
            problems.accept(
                    "%s in %s: %s is the same for all pools; set it outside of pools"
                            .formatted(path(key), source, key));
            parser.skipChildren();
        } else if (setting.isIgnored() || parser.currentToken() == JsonToken.VALUE_NULL) {
            parser.skipChildren();
        } else if (setting == Setting.POOLS) {
            String text = new NamedPools(readPools(parser, source, problems)).text();
            values.put(setting, List.of(text));
        } else if (setting.isList()) {
            readList(setting, parser);
        } else {
            readScalar(setting, parser);
        }
    }

    private void readScalar(Setting setting, JsonParser parser) throws IOException {
        if (!parser.currentToken().isScalarValue()) {
            problems.accept(
                    "%s in %s must be a single value".formatted(path(setting.key()), source));
            parser.skipChildren();
            return;
        }
        String value = parser.getText();
        if (value.isEmpty()) { // as good as absent, as the Go daemon has it
            return;
        }
        setting.problemWith(value, source)
                .map(this::path)
                .ifPresentOrElse(problems, () -> values.put(setting, List.of(value)));
    }

    private void readList(Setting setting, JsonParser parser) throws IOException {
        boolean isGood = parser.currentToken() == JsonToken.START_ARRAY;
        if (isGood) {
            List<String> texts = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                isGood &= parser.currentToken() == JsonToken.VALUE_STRING;
                texts.add(parser.getText());
                parser.skipChildren();
            }
            if (isGood) {
                values.put(setting, texts);
            }
        } else {
            parser.skipChildren();
        }
        if (!isGood) {
            problems.accept(
                    "%s in %s must be a list of texts".formatted(path(setting.key()), source));
        }
    }

    /** A key, or a sentence that begins with one, with what it is a part of. */
    private String path(String key) {
        return pool.isEmpty() ? key : "pools.%s.%s".formatted(pool, key);
    }
}
