package io.parallite.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The JSON schema (draft 2020-12) of {@code parallite.json}, for editors and for CI.
 *
 * <p>It is stricter than the daemon, which also accepts numbers and booleans in quotes: an editor
 * should propose the plain form. Keys that begin with {@code x-} are for the tables of
 * configuration.md, which are made from the schema. {@code parallite config --check} also finds
 * what a schema cannot express, such as a {@code fixed_workers} above {@code max_workers}.
 */
public final class JsonSchema {

    private static final String DIALECT = "https://json-schema.org/draft/2020-12/schema";

    private static final Map<String, Object> COMMENTS =
            Map.of("^_", Map.of("description", "A comment."));

    private JsonSchema() {}

    /** The schema as maps, lists and plain values, in the order in which it should be written. */
    public static Map<String, Object> tree() {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("$schema", Map.of("type", "string"));
        SettingNotes notes = new SettingNotes();
        for (Setting setting : Setting.values()) {
            Map<String, Object> property = schemaOf(setting);
            annotate(property, setting, notes);
            properties.put(setting.key(), property);
        }
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("$schema", DIALECT);
        schema.put("title", "parallite.json");
        schema.put("description", "Settings of the Parallite daemon.");
        schema.put("type", "object");
        schema.put("properties", properties);
        schema.put("patternProperties", COMMENTS);
        schema.put("additionalProperties", false);
        return schema;
    }

    private static Map<String, Object> schemaOf(Setting setting) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("description", setting.explanation());
        Check check = setting.check();
        switch (check) {
            case Check.Whole whole -> schema.putAll(schemaOf(whole));
            case Check.WholeOr(Check.Whole number, String word) ->
                    schema.put("anyOf", List.of(schemaOf(number), Map.of("const", word)));
            case Check.Choice choice when choice.isBoolean() -> schema.put("type", "boolean");
            case Check.Choice choice -> schema.put("enum", choice.values());
            case Check.Text text -> {
                schema.put("type", "string");
                if (!text.description().isEmpty()) {
                    schema.put("pattern", "^" + text.pattern() + "$");
                }
            }
            case Check.File ignored -> schema.put("type", "string");
            case Check.Socket ignored -> schema.put("type", "string");
            case Check.RedisUrl ignored -> schema.put("type", "string");
            case Check.OtelUrl ignored -> schema.put("type", "string");
            case Check.Share ignored -> {
                schema.put("type", "number");
                schema.put("minimum", 0);
                schema.put("maximum", 1);
            }
            case Check.TextList ignored -> {
                schema.put("type", "array");
                schema.put("items", Map.of("type", "string"));
            }
            case Check.Pools ignored -> schema.putAll(poolsSchema());
            case Check.Anything ignored -> schema.put("deprecated", true);
        }
        setting.byDefault()
                .filter(value -> !value.isEmpty())
                .ifPresent(value -> schema.put("default", typed(check, value)));
        return schema;
    }

    private static Map<String, Object> poolsSchema() {
        Map<String, Object> properties = new LinkedHashMap<>();
        for (Setting setting : Setting.values()) {
            if (NamedPools.mayHave(setting)) {
                Map<String, Object> property = schemaOf(setting);
                property.remove("default"); // it is as outside of pools
                properties.put(setting.key(), property);
            }
        }
        Map<String, Object> pool = new LinkedHashMap<>();
        pool.put("type", "object");
        pool.put("properties", properties);
        pool.put("patternProperties", COMMENTS);
        pool.put("additionalProperties", false);
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put(
                "propertyNames",
                Map.of("pattern", "^(_.*|%s)$".formatted(NamedPools.NAME.pattern())));
        schema.put("patternProperties", COMMENTS);
        schema.put("additionalProperties", pool);
        return schema;
    }

    private static Map<String, Object> schemaOf(Check.Whole whole) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "integer");
        schema.put("minimum", whole.min());
        if (whole.max() < Long.MAX_VALUE) {
            schema.put("maximum", whole.max());
        }
        return schema;
    }

    /** What editors show, and what the tables of the documents are made from. */
    private static void annotate(
            Map<String, Object> property, Setting setting, SettingNotes notes) {
        property.put("markdownDescription", notes.meaning(setting));
        notes.table(setting).ifPresent(table -> property.put("x-table", table));
        notes.type(setting).ifPresent(type -> property.put("x-type", type));
        notes.byDefault(setting).ifPresent(value -> property.put("x-default", value));
        if (setting.check() instanceof Check.Text text && !text.description().isEmpty()) {
            property.putIfAbsent("x-type", text.description());
        }
        if (setting.isReloadable()) {
            property.put("x-reload", true);
        }
        if (setting.hasFlag()) {
            boolean isShort = setting == Setting.DEBUG_LOGS;
            property.put("x-flag", isShort ? Setting.DEBUG_FLAG : setting.flag());
        }
    }

    /** A value as JSON has it. */
    static Object typed(Check check, String value) {
        return switch (check) {
            case Check.Whole ignored -> Long.parseLong(value);
            case Check.WholeOr(Check.Whole ignored, String word) ->
                    value.equals(word) ? value : Long.parseLong(value);
            case Check.Choice choice when choice.isBoolean() -> Boolean.parseBoolean(value);
            case Check.Choice ignored -> value;
            case Check.Text ignored -> value;
            case Check.File ignored -> value;
            case Check.Socket ignored -> value;
            case Check.RedisUrl ignored -> value;
            case Check.OtelUrl ignored -> value;
            case Check.Share ignored -> Double.parseDouble(value);
            case Check.TextList ignored -> value;
            case Check.Pools ignored -> NamedPools.of(value).json();
            case Check.Anything ignored -> value;
        };
    }
}
