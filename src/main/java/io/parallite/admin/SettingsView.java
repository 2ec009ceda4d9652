package io.parallite.admin;

import io.parallite.config.CurrentConfig;
import io.parallite.config.Setting;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The settings that are in force, for the page; without secrets. Any thread. */
@Singleton
final class SettingsView {

    private static final String SECRET = "***";

    private final CurrentConfig current;

    SettingsView(CurrentConfig current) {
        this.current = current;
    }

    /** {@code [{name, value, is_default, explanation}]}; a value that is not set is empty. */
    List<Map<String, Object>> list() {
        Map<Setting, List<String>> values = current.values();
        List<Map<String, Object>> list = new ArrayList<>();
        for (Setting setting : Setting.values()) {
            if (!setting.isIgnored()) {
                list.add(describe(setting, values.getOrDefault(setting, List.of())));
            }
        }
        return list;
    }

    private static Map<String, Object> describe(Setting setting, List<String> values) {
        String value = String.join(", ", values);
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", setting.key());
        fields.put("value", setting.isSecret() && !value.isEmpty() ? SECRET : value);
        fields.put("is_default", value.equals(setting.byDefault().orElse("")));
        fields.put("explanation", setting.explanation());
        return fields;
    }
}
