package io.parallite.config;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Settings that have been read and checked already, as SmallRye Config has them. */
final class InMemoryConfig {

    private static final int ORDINAL = 100;

    private InMemoryConfig() {}

    /**
     * A configuration of nothing else.
     *
     * @param file that they are from
     */
    static SmallRyeConfig of(Map<Setting, List<String>> settings, Optional<Path> file) {
        Map<String, String> properties = new HashMap<>();
        settings.forEach((setting, values) -> put(properties, setting, values));
        file.ifPresent(path -> properties.put(ParalliteJsonSource.LOCATION, path.toString()));
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withSources(new PropertiesConfigSource(properties, "checked settings", ORDINAL))
                .withMapping(ParalliteConfig.class)
                .withValidateUnknown(false)
                .build();
    }

    private static void put(Map<String, String> properties, Setting setting, List<String> values) {
        if (!setting.isList()) {
            properties.put(setting.property(), values.getFirst());
            return;
        }
        for (int i = 0; i < values.size(); i++) {
            properties.put("%s[%d]".formatted(setting.property(), i), values.get(i));
        }
    }

    /** What {@code source} has of each setting, but for those without a value. */
    static Map<Setting, List<String>> valuesOf(Function<Setting, List<String>> source) {
        Map<Setting, List<String>> values = new EnumMap<>(Setting.class);
        Arrays.stream(Setting.values())
                .filter(setting -> !setting.isIgnored())
                .forEach(
                        setting -> {
                            List<String> found = source.apply(setting);
                            if (!found.isEmpty()) {
                                values.put(setting, found);
                            }
                        });
        return values;
    }

    /** What {@code config} has of a setting. */
    static List<String> valuesIn(SmallRyeConfig config, Setting setting) {
        return setting.isList()
                ? config.getOptionalValues(setting.property(), String.class).orElse(List.of())
                : config.getOptionalValue(setting.property(), String.class).stream().toList();
    }
}
