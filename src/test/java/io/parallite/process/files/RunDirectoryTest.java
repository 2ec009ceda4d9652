package io.parallite.process.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {

    @TempDir private Path base;

    @Test
    void leavesAloneWhatIsNoDirectoryOfADaemon() throws IOException {
        Path absurd = Files.createDirectory(base.resolve("parallite-run-99999999999999999999-x"));
        Path file = Files.writeString(base.resolve("parallite-run-file"), "precious");
        Path target = Files.createDirectory(base.resolve("target"));
        Files.writeString(target.resolve("lock"), "precious");
        Path link = Files.createSymbolicLink(base.resolve("parallite-run-link"), target);

        RunDirectory.in(base).close();

        assertThat(absurd).exists();
        assertThat(file).hasContent("precious");
        assertThat(link).exists();
        assertThat(target.resolve("lock")).hasContent("precious");
    }

    @Test
    void removesWhatAKilledDaemonHasLeftAndNothingOfALivingOne() throws IOException {
        RunDirectory living = RunDirectory.in(base);
        Path left = privateDirectory("parallite-run-left");
        Files.createFile(left.resolve("lock"));
        Files.createDirectories(left.resolve("opcache/a"));

        RunDirectory next = RunDirectory.in(base);

        assertThat(left).doesNotExist();
        assertThat(living.path()).exists();
        assertThat(next.path()).exists();
        living.close();
        next.close();
        assertThat(base).isEmptyDirectory();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void leavesADirectoryThatOthersMayWriteTo() throws IOException {
        Path open = privateDirectory("parallite-run-open");
        Files.createFile(open.resolve("lock"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));

        RunDirectory.in(base).close();

        assertThat(open).exists();
    }

    @Test
    void isMadeAnewWhenItWasRemoved() throws IOException {
        RunDirectory directory = RunDirectory.in(base);
        Path removed = directory.path();
        Files.delete(removed.resolve("lock"));
        Files.delete(removed);

        directory.renew();

        assertThat(directory.path()).isNotEqualTo(removed).isDirectory();
        directory.close();
        assertThat(base).isEmptyDirectory();
    }

    private Path privateDirectory(String name) throws IOException {
        Path made = Files.createDirectory(base.resolve(name));
        if (Files.getFileStore(base).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwx------"));
        }
        return made;
    }

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
