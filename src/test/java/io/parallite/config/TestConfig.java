package io.parallite.config;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.List;
import java.util.Map;

/** Configurations over the defaults, without any file. */
public final class TestConfig {

    private static final ParalliteConfig DEFAULTS =
            new SmallRyeConfigBuilder()
                    .withMapping(ParalliteConfig.class)
                    .withSources(new DefaultsSource())
                    .build()
                    .getConfigMapping(ParalliteConfig.class);

    private TestConfig() {}

    /** A look at a file that has not changed. */
    public static ConfigUpdate unchanged() {
        return new ConfigUpdate(DEFAULTS, Map.of(), Map.of(), Map.of(), List.of(), List.of());
    }
}
