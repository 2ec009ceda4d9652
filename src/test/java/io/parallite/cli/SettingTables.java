package io.parallite.cli;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The tables of configuration.md, made from the JSON schema of {@code parallite.json}: they stand
 * between {@code <!-- settings: TITLE -->} and {@code <!-- end of settings -->}.
 */
final class SettingTables {

    private static final Pattern PLACE =
            Pattern.compile(
                    "(<!-- settings: ([^>]+) -->\n).*?(<!-- end of settings -->)", Pattern.DOTALL);

    private static final String HEAD =
            """
            | setting | type, limits | default | flag | reload | meaning |
            |---|---|---|---|---|---|
            """;

    private final Map<String, Node> settings;

    /** Tables of what {@code schema} says. */
    SettingTables(Node schema) {
        settings = properties(schema);
    }

    private static Map<String, Node> properties(Node schema) {
        Map<?, ?> properties = (Map<?, ?>) schema.at("properties").value();
        return properties.keySet().stream()
                .map(String::valueOf)
                .filter(key -> !key.startsWith("$"))
                .collect(
                        Collectors.toMap(
                                key -> key,
                                key -> schema.at("properties").at(key),
                                (one, two) -> one,
                                java.util.LinkedHashMap::new));
    }

    /** {@code document} with each table written anew. */
    String writeInto(String document) {
        return PLACE.matcher(document)
                .replaceAll(
                        place ->
                                Matcher.quoteReplacement(
                                        place.group(1) + table(place.group(2)) + place.group(3)));
    }

    /** The titles of the tables that {@code document} has a place for. */
    static List<String> titles(String document) {
        return PLACE.matcher(document).results().map(place -> place.group(2)).toList();
    }

    /** The titles that the schema gives to its settings. */
    List<String> wanted() {
        return settings.values().stream()
                .map(setting -> setting.at("x-table").text().orElse("none"))
                .distinct()
                .toList();
    }

    private String table(String title) {
        return settings.entrySet().stream()
                .filter(entry -> title.equals(entry.getValue().at("x-table").text().orElse("")))
                .map(entry -> row(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining("", HEAD, ""));
    }

    private static String row(String key, Node setting) {
        String flag = setting.at("x-flag").text().map(SettingTables::code).orElse("");
        String reload = setting.at("x-reload").isPresent() ? " yes " : " ";
        return "| %s | %s | %s |%s|%s| %s |%n"
                .formatted(
                        code(key),
                        type(setting),
                        byDefault(setting),
                        flag.isEmpty() ? " " : " " + flag + " ",
                        reload,
                        setting.at("markdownDescription").text().orElseThrow());
    }

    private static String type(Node setting) {
        if (setting.at("x-type").isPresent()) {
            return setting.at("x-type").text().orElseThrow();
        }
        if (setting.at("maximum").isPresent()) {
            return "%d to %d"
                    .formatted(setting.at("minimum").whole(), setting.at("maximum").whole());
        }
        if (setting.at("minimum").isPresent()) {
            return setting.at("minimum").whole() + " and up";
        }
        if (setting.at("enum").isPresent()) {
            return setting.at("enum").elements().stream()
                    .map(word -> code(word.text().orElseThrow()))
                    .collect(Collectors.joining(", "));
        }
        return setting.at("type").text().orElse("").equals("boolean") ? "`true`, `false`" : "text";
    }

    private static String byDefault(Node setting) {
        Object value = setting.at("default").value();
        return setting.at("x-default")
                .text()
                .orElse(value == null ? "none" : code(value.toString()));
    }

    private static String code(String text) {
        return "`" + text + "`";
    }
}
