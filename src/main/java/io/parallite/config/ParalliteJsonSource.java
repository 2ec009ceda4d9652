package io.parallite.config;

import io.smallrye.config.PropertiesConfigSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code parallite.json} as a source of configuration, above {@code application.properties} and
 * below the environment.
 *
 * <p>Quarkus reads sources at build time too: a file in the build directory would be built into the
 * jar. So the file is read only when the launcher has named it in {@value #LOCATION}.
 */
public final class ParalliteJsonSource extends PropertiesConfigSource {

    /** The system property that names the file. */
    public static final String LOCATION = "parallite.config";

    /** The system property with the path that was given for the file, whether it exists or not. */
    static final String ASKED = "parallite.asked_config";

    /** Below that of the environment. */
    static final int ORDINAL = 275;

    public ParalliteJsonSource() {
        super(read(System.getProperty(LOCATION)), "parallite.json", ORDINAL);
    }

    private static Map<String, String> read(@Nullable String location) {
        boolean isThere = location != null && Files.isRegularFile(Path.of(location));
        return isThere ? ParalliteJson.read(Path.of(location)) : Map.of();
    }
}
