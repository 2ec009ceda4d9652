package io.parallite.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The value that counts for a setting.
 *
 * @param values one text, or those of a list; none where nothing is set and there is no default
 */
public record SettingValue(Setting setting, List<String> values, Origin origin) {

    private static final String SECRET = "***";

    public SettingValue {
        values = List.copyOf(values);
    }

    /**
     * The value in one text, the elements of a list separated by commas; empty when there is none.
     */
    public String text() {
        return String.join(",", values);
    }

    /** The same for people to read: {@code ***} for a secret. */
    public String shown() {
        return setting.isSecret() && !values.isEmpty() ? SECRET : text();
    }

    /**
     * {@code {value, from, name?}}: the value as {@link #json}, {@code ***} for a secret; the kind
     * of origin, and which flag, variable or file it is.
     */
    public Map<String, @Nullable Object> fields() {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("value", setting.isSecret() && !values.isEmpty() ? SECRET : json());
        fields.put("from", origin.kind().word());
        if (!origin.name().isEmpty()) {
            fields.put("name", origin.name());
        }
        return fields;
    }

    /** The value as JSON has it: a number, a boolean, a text, a list; null when there is none. */
    public @Nullable Object json() {
        if (setting.isList()) {
            return values;
        }
        return values.isEmpty() ? null : JsonSchema.typed(setting.check(), text().strip());
    }
}
