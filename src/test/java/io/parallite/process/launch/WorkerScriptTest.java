package io.parallite.process.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.config.DefaultsSource;
import io.parallite.config.ParalliteConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which script is found; the places within the project are tried by WorkerStartIT. */
class WorkerScriptTest {

    private static final String SCRIPT = "parallite-worker.php";

    @TempDir private Path root;
    private Path directory;
    private Path bundled;

    @BeforeEach
    void makeProject() throws IOException {
        directory = Files.createDirectories(root.resolve("app/vendor/bin"));
        bundled = write(root.resolve("home/php"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"src/Support", "", "php"})
    void looksTwoDirectoriesUpToo(String place) throws IOException {
        Path script = write(root.resolve("app").resolve(place));

        assertThat(find()).isEqualTo(script);
    }

    @Test
    void takesNoneThatAnybodyMayHavePutThere() throws IOException {
        Path script = write(root.resolve("app"));
        Path place = script.resolveSibling("");
        Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(find()).isEqualTo(bundled);

        Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThat(find()).isEqualTo(bundled);
    }

    private static Path write(Path place) throws IOException {
        return Files.createFile(Files.createDirectories(place).resolve(SCRIPT));
    }

    private Path find() {
        ParalliteConfig config =
                new SmallRyeConfigBuilder()
                        .withMapping(ParalliteConfig.class)
                        .withSources(new DefaultsSource())
                        .build()
                        .getConfigMapping(ParalliteConfig.class);
        return WorkerScript.find(
                        config, directory, Optional.empty(), Optional.of(root.resolve("home")))
                .path();
    }
}
