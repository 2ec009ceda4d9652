package io.parallite.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;

/**
 * {@code parallite.json} as a source of configuration, above {@code application.properties} and
 * below the environment.
 *
 * <p>Quarkus asks sources at build time too: a file that lies in the build directory would be baked
 * into the jar. So the file is read only when the launcher has named it in {@value #LOCATION}.
 */
public final class ParalliteJsonSource implements ConfigSource {

    /** The system property that names the file. */
    public static final String LOCATION = "parallite.config";

    private static final int ORDINAL = 275;

    private final Map<String, String> properties;

    public ParalliteJsonSource() {
        String location = System.getProperty(LOCATION);
        boolean isThere = location != null && Files.isRegularFile(Path.of(location));
        this.properties = isThere ? ParalliteJson.read(Path.of(location)) : Map.of();
    }

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
        return "parallite.json";
    }
}
