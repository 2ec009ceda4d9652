package io.parallite.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The value that counts for a setting.
 *
 * @param values one text, or those of a list; none where nothing is set and there is no default
 */
public record SettingValue(Setting setting, List<String> values, Origin origin) {

    public SettingValue {
        values = List.copyOf(values);
    }

    /**
     * The value in one text, the elements of a list separated by commas; empty when there is none.
     */
    public String text() {
        return String.join(",", values);
    }

    /** The value as JSON has it: a number, a boolean, a text, a list; null when there is none. */
    public @Nullable Object json() {
        if (setting.isList()) {
            return values;
        }
        return values.isEmpty() ? null : JsonSchema.typed(setting.check(), text().strip());
    }
}
