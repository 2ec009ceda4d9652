package io.parallite.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkerCommandTest {

    @TempDir private Path directory;

    @Test
    void remedyNamesTheDirectoryThatADeploymentHasRemoved() {
        assertThat(in(directory).remedy()).contains("install PHP");
        assertThat(in(directory.resolve("gone")).remedy())
                .contains(directory.resolve("gone") + " is gone", "reload");
    }

    private static WorkerCommand in(Path directory) {
        return new WorkerCommand(
                "php", List.of(), directory.resolve("worker.php"), directory, Map.of());
    }
}
