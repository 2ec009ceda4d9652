package io.parallite.config;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The JSON schema (draft 2020-12) of {@code parallite.json}, for editors and for CI.
 *
 * <p>It is stricter than the daemon, which takes numbers and booleans in quotes too: an editor
 * should propose the plain form. What a schema cannot say, such as that {@code fixed_workers} may
 * not exceed {@code max_workers}, {@code parallite config --check} tells.
 */
public final class JsonSchema {

    private static final String DIALECT = "https://json-schema.org/draft/2020-12/schema";

    private JsonSchema() {}

    /** The schema as maps, lists and plain values, in the order in which it should be written. */
    public static Map<String, Object> tree() {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("$schema", Map.of("type", "string"));
        for (Setting setting : Setting.values()) {
            properties.put(setting.key(), schemaOf(setting));
        }
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("$schema", DIALECT);
        schema.put("title", "parallite.json");
        schema.put("description", "Settings of the Parallite daemon.");
        schema.put("type", "object");
        schema.put("properties", properties);
        schema.put("patternProperties", Map.of("^_", Map.of("description", "A comment.")));
        schema.put("additionalProperties", false);
        return schema;
    }

    private static Map<String, Object> schemaOf(Setting setting) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("description", setting.explanation());
        Check check = setting.check();
        switch (check) {
            case Check.Whole(long min, long max) -> {
                schema.put("type", "integer");
                schema.put("minimum", min);
                if (max < Long.MAX_VALUE) {
                    schema.put("maximum", max);
                }
            }
            case Check.Choice choice when choice.isBoolean() -> schema.put("type", "boolean");
            case Check.Choice choice -> schema.put("enum", choice.values());
            case Check.Text text -> {
                schema.put("type", "string");
                if (!text.description().isEmpty()) {
                    schema.put("pattern", "^" + text.pattern() + "$");
                }
            }
            case Check.Socket ignored -> schema.put("type", "string");
            case Check.TextList ignored -> {
                schema.put("type", "array");
                schema.put("items", Map.of("type", "string"));
            }
            case Check.Anything ignored -> schema.put("deprecated", true);
        }
        setting.byDefault()
                .filter(value -> !value.isEmpty())
                .ifPresent(value -> schema.put("default", typed(check, value)));
        return schema;
    }

    /** A value as JSON has it. */
    static Object typed(Check check, String value) {
        return switch (check) {
            case Check.Whole ignored -> Long.parseLong(value);
            case Check.Choice choice when choice.isBoolean() -> Boolean.parseBoolean(value);
            case Check.Choice ignored -> value;
            case Check.Text ignored -> value;
            case Check.Socket ignored -> value;
            case Check.TextList ignored -> value;
            case Check.Anything ignored -> value;
        };
    }
}
