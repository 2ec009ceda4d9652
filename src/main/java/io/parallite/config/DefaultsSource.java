package io.parallite.config;

import io.smallrye.config.PropertiesConfigSource;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/** The defaults of {@link Setting} as the lowest source of configuration. */
public final class DefaultsSource extends PropertiesConfigSource {

    private static final int ORDINAL = 1;

    public DefaultsSource() {
        super(defaults(), "defaults of Parallite", ORDINAL);
    }

    private static Map<String, String> defaults() {
        return Arrays.stream(Setting.values())
                .filter(setting -> setting.byDefault().filter(v -> !v.isEmpty()).isPresent())
                .collect(
                        Collectors.toUnmodifiableMap(
                                Setting::property, s -> s.byDefault().orElseThrow()));
    }
}
