package io.parallite.process.tree;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.process.WorkerCommand;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartAdviceTest {

    @TempDir private Path directory;

    @Test
    void tellsAMissingDirectoryFromAMissingPhp() {
        IOException missing = new IOException("error=2, No such file or directory");

        assertThat(StartAdvice.on(missing, in(directory))).contains("install PHP");
        assertThat(StartAdvice.on(missing, in(directory.resolve("gone"))))
                .contains("gone")
                .contains("reload");
    }

    @Test
    void namesTheLimitThatIsReached() {
        assertThat(advice(new IOException("error=11, Resource temporarily unavailable")))
                .contains("ulimit -u")
                .doesNotContain("PHP");
        assertThat(advice(new OutOfMemoryError("unable to create native thread")))
                .contains("ulimit -u");
        assertThat(advice(new IOException("error=24, Too many open files"))).contains("ulimit -n");
        assertThat(advice(new IOException("error=12, Cannot allocate memory"))).contains("memory");
    }

    @Test
    void namesTheLimitInEveryLanguage() {
        assertThat(advice(new IOException("Exec failed, error: 24 (Çok fazla açık dosya var)")))
                .contains("ulimit -n");
        assertThat(advice(new IOException("error=12, Bellek ayrılamadı"))).contains("memory");
        assertThat(advice(new IOException("Exec failed, error: 2 (Böyle bir dosya yok)")))
                .contains("install PHP");
    }

    private String advice(Throwable cause) {
        return StartAdvice.on(cause, in(directory));
    }

    private static WorkerCommand in(Path directory) {
        return new WorkerCommand(
                "php", List.of(), Path.of("w.php"), directory, Map.of(), Duration.ZERO);
    }
}
