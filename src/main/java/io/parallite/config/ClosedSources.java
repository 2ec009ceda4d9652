package io.parallite.config;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSourceLoader;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SmallRyeConfigBuilderCustomizer;
import io.smallrye.config.SysPropConfigSource;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Closes the configuration: only what {@code parallite config} shows steers the daemon.
 *
 * <p>Replaces the default sources of Quarkus. These are, besides the ones kept here, {@code .env}
 * and {@code config/application.properties} in the current directory, where a PHP project keeps
 * files of its own, and every environment variable, by which {@code QUARKUS_HTTP_PORT} of another
 * service would open a port here. Kept are system properties (the launcher's flags), the
 * environment variables of {@link Setting}, and {@code application.properties} of this jar.
 *
 * <p>Registered as a service; called once for each configuration that Quarkus builds.
 */
public final class ClosedSources implements SmallRyeConfigBuilderCustomizer {

    private static final String BUILT_IN = "application.properties";
    private static final int BUILT_IN_ORDINAL = 250;

    @Override
    public void configBuilder(SmallRyeConfigBuilder builder) {
        if (!builder.isAddDefaultSources()) {
            return;
        }
        builder.setAddDefaultSources(false)
                .withSources(
                        new SysPropConfigSource(),
                        new EnvConfigSource(settingsIn(System.getenv()), EnvConfigSource.ORDINAL))
                .withSources(
                        PropertiesConfigSourceLoader.inClassPath(
                                BUILT_IN, BUILT_IN_ORDINAL, builder.getClassLoader()));
    }

    /** The variables of {@code environment} that name a setting. */
    static Map<String, String> settingsIn(Map<String, String> environment) {
        Set<String> names =
                Arrays.stream(Setting.values()).map(Setting::variable).collect(Collectors.toSet());
        return environment.entrySet().stream()
                .filter(variable -> names.contains(variable.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
