package io.parallite.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class RunDirectoryTest {

    @Test
    void goesWithAllThatIsInIt() throws IOException {
        RunDirectory directory = RunDirectory.create();
        Path below = Files.createDirectories(directory.path().resolve("opcache/a/b"));
        Files.writeString(below.resolve("code.bin"), "x");

        directory.close();

        assertThat(directory.path()).doesNotExist();
    }

    @RepeatedTest(20)
    void goesWhileOthersStillDeleteAndWriteInIt() throws Exception {
        RunDirectory directory = RunDirectory.create();
        AtomicBoolean begun = new AtomicBoolean();
        Thread other = Thread.ofPlatform().start(() -> churn(directory.path(), begun));
        while (!begun.get()) {
            Thread.onSpinWait();
        }

        directory.close();

        other.join();
        assertThat(directory.path()).doesNotExist();
    }

    /** Makes and removes files for 20 ms, or until the directory is gone. */
    private static void churn(Path directory, AtomicBoolean begun) {
        long end = System.nanoTime() + 20_000_000;
        try {
            for (int i = 0; System.nanoTime() < end; i = (i + 1) % 20) {
                Path file = directory.resolve("file-" + i);
                if (!Files.deleteIfExists(file)) {
                    Files.createFile(file);
                }
                begun.set(true);
            }
        } catch (IOException e) {
            begun.set(true); // the directory is gone
        }
    }
}
