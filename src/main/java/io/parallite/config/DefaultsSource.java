package io.parallite.config;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;

/** The defaults of {@link Setting} as the lowest source of configuration. */
public final class DefaultsSource implements ConfigSource {

    private static final int ORDINAL = 1;

    private final Map<String, String> properties =
            Arrays.stream(Setting.values())
                    .filter(setting -> setting.byDefault().filter(v -> !v.isEmpty()).isPresent())
                    .collect(
                            Collectors.toUnmodifiableMap(
                                    Setting::property, s -> s.byDefault().orElseThrow()));

    @Override
    public int getOrdinal() {
        return ORDINAL;
    }

    @Override
    public Set<String> getPropertyNames() {
        return properties.keySet();
    }

    @Override
    public @Nullable String getValue(String name) {
        return properties.get(name);
    }

    @Override
    public String getName() {
        return "defaults of Parallite";
    }
}
