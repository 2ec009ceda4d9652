package io.parallite.process.files;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With real files and the system's own notifications. */
class FileWatchTest {

    private final AtomicInteger changes = new AtomicInteger();
    @TempDir private Path root;
    private FileWatch watch;

    @AfterEach
    void close() {
        watch.close();
    }

    @Test
    void severalChangesInARowAreToldOnce() throws IOException {
        write("src/a.php");
        start("src/**/*.php");

        for (int i = 0; i < 5; i++) {
            write("src/a.php");
            write("src/b.php");
        }

        awaitChanges(1);
        write("src/a.php");
        awaitChanges(2);
        Files.delete(root.resolve("src/a.php"));
        awaitChanges(3);
    }

    @Test
    void filesInNewDirectoriesAreSeen() throws IOException {
        Files.createDirectory(root.resolve("src"));
        start("src/**/*.php");

        write("src/deep/deeper/a.php");
        awaitChanges(1);

        write("src/deep/deeper/a.php");
        awaitChanges(2);
    }

    @Test
    void filesThatMatchNoGlobAreNobodysBusiness() throws IOException {
        write("src/a.php");
        start("src/**/*.php", "config/*.php");

        write("src/a.txt");
        write("other/a.php");
        write("config/deep/a.php");
        write(".git/src/a.php");
        write("config/a.php");

        awaitChanges(1);
    }

    @Test
    void editorsThatReplaceFilesAreUnderstood() throws IOException {
        write("src/a.php");
        start("src/*.php");

        write("src/a.php~");
        Files.move(
                root.resolve("src/a.php~"),
                root.resolve("src/a.php"),
                StandardCopyOption.ATOMIC_MOVE);

        awaitChanges(1);
    }

    private void start(String... globs) throws IOException {
        watch = FileWatch.start(root, List.of(globs), changes::incrementAndGet);
    }

    private void write(String file) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, "<?php // " + System.nanoTime());
    }

    /** Waits for so many changes, and as long again for one too many. */
    private void awaitChanges(int expected) {
        await().until(() -> changes.get() >= expected);
        await().during(FileWatch.QUIET.multipliedBy(2))
                .atMost(Duration.ofMinutes(1))
                .until(() -> changes.get() == expected);
    }
}
