package io.parallite.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
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

    private static WorkerCommand command(String... options) {
        return new WorkerCommand(
                "php", List.of(options), Path.of("worker.php"), Path.of("/"), Map.of());
    }
}
