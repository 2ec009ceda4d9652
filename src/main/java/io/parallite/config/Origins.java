package io.parallite.config;

import io.smallrye.config.ConfigValue;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfig;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Where the values of a configuration come from that SmallRye Config has put together. */
final class Origins {

    private Origins() {}

    /**
     * The origin of each setting that is given.
     *
     * @param flags the values of flags, by the names of SmallRye Config
     */
    static Map<Setting, Origin> of(
            SmallRyeConfig values, Function<String, @Nullable String> flags) {
        String file =
                values.getOptionalValue(ParalliteJsonSource.LOCATION, String.class).orElse("");
        Map<Setting, Origin> origins = new EnumMap<>(Setting.class);
        for (Setting setting : Setting.values()) {
            if (flags.apply(setting.property()) != null) {
                origins.put(setting, Origin.flag(setting.flag()));
            } else {
                ordinal(values, setting)
                        .flatMap(ordinal -> origin(setting, ordinal, file))
                        .ifPresent(origin -> origins.put(setting, origin));
            }
        }
        return origins;
    }

    private static Optional<Origin> origin(Setting setting, int ordinal, String file) {
        if (ordinal >= EnvConfigSource.ORDINAL) {
            return Optional.of(Origin.environment(setting.variable()));
        }
        return ordinal >= ParalliteJsonSource.ORDINAL
                ? Optional.of(Origin.file(file))
                : Optional.empty();
    }

    /** The rank of the source that has the value; of a list it may be under its first element. */
    private static Optional<Integer> ordinal(SmallRyeConfig values, Setting setting) {
        return Optional.of(values.getConfigValue(setting.property()))
                .filter(Origins::isGiven)
                .or(() -> Optional.of(values.getConfigValue(setting.property() + "[0]")))
                .filter(Origins::isGiven)
                .map(ConfigValue::getConfigSourceOrdinal);
    }

    private static boolean isGiven(ConfigValue value) {
        return value.getValue() != null && !value.getValue().isEmpty();
    }
}
