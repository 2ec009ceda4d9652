package io.parallite.process.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.process.WorkerCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpcodeCacheTest {

    @TempDir private Path temporary;

    @Test
    void putsItsOptionsBeforeThoseThatWereConfigured() {
        Path directory = temporary.resolve("opcache");

        WorkerCommand command =
                new OpcodeCache(directory).addTo(command("-d", "memory_limit=512M"));

        assertThat(command.options())
                .contains("opcache.enable_cli=1", "opcache.file_cache=" + directory)
                .endsWith("-d", "memory_limit=512M");
        assertThat(directory).isDirectory();
    }

    @Test
    void leavesOpcacheAloneWhereItIsConfigured() {
        WorkerCommand configured = command("-d", "opcache.enable_cli=0");

        assertThat(new OpcodeCache(temporary).addTo(configured)).isEqualTo(configured);
    }

    @Test
    void doesWithoutWhereTheDirectoryCannotBeMade() throws Exception {
        Path file = Files.createFile(temporary.resolve("file"));
        WorkerCommand command = command();

        assertThat(new OpcodeCache(file.resolve("opcache")).addTo(command)).isEqualTo(command);
    }

    @Test
    void theCacheOfAPastReleaseGoesAndThatOfTheSameStays() throws Exception {
        WorkerCommand first = release("/srv/app/releases/1");
        WorkerCommand second = release("/srv/app/releases/2");
        OpcodeCache.of(first, temporary).addTo(first);
        Path compiled = OpcodeCache.of(first, temporary).directory().resolve("a/b/c.php.bin");
        Files.createDirectories(compiled.getParent());
        Files.createFile(compiled);
        Path other = Files.createDirectory(temporary.resolve("other"));

        OpcodeCache.of(release("/srv/app/releases/1"), temporary).removeOthers();
        assertThat(compiled).as("the same code, found again").exists();

        OpcodeCache next = OpcodeCache.of(second, temporary);
        next.addTo(second);
        next.removeOthers();

        assertThat(OpcodeCache.of(first, temporary).directory()).doesNotExist();
        assertThat(next.directory()).isDirectory();
        assertThat(other).isDirectory();
    }

    private static WorkerCommand release(String directory) {
        return new WorkerCommand(
                "php",
                List.of(),
                Path.of("worker.php"),
                Path.of(directory),
                Map.of(),
                Duration.ZERO);
    }

    private static WorkerCommand command(String... options) {
        return new WorkerCommand(
                "php",
                List.of(options),
                Path.of("worker.php"),
                Path.of("/"),
                Map.of(),
                Duration.ZERO);
    }
}
