package io.parallite.process.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LockFileTest {

    @TempDir private Path directory;

    @Test
    void isHeldByOneAndFreeAfterwards() throws IOException {
        Path path = directory.resolve("lock");
        LockFile first = LockFile.tryAcquire(path);
        assertThat(first).isNotNull();
        assertThat(LockFile.tryAcquire(path)).isNull();

        first.close();

        assertThat(path).doesNotExist();
        LockFile second = LockFile.tryAcquire(path);
        assertThat(second).isNotNull();
        first.close(); // once more: the file is the second one's
        assertThat(path).exists();
        second.close();
    }

    @Test
    void isFreeOnceTheProcessThatHeldItWasKilled() throws Exception {
        Path path = directory.resolve("lock");
        Process holder = holder(path);
        assertThat(holder.inputReader().readLine()).isEqualTo("held");
        assertThat(LockFile.tryAcquire(path)).isNull();
        assertThat(LockFile.isHeld(path)).isTrue();

        holder.destroyForcibly().waitFor();

        try (LockFile lock = LockFile.tryAcquire(path)) {
            assertThat(lock).isNotNull();
        }
    }

    @Test
    void staysHeldWhenItsOwnProcessLooksAtIt() throws Exception {
        Path path = directory.resolve("lock");
        try (LockFile lock = LockFile.tryAcquire(path)) {
            assertThat(lock).isNotNull();
            assertThat(LockFile.isHeld(path)).isTrue();
            assertThat(LockFile.tryAcquire(path)).isNull();

            Process other = holder(path);

            assertThat(other.inputReader().readLine()).isEqualTo("taken");
            other.destroyForcibly().waitFor();
        }
        assertThat(LockFile.isHeld(path)).isFalse();
    }

    /** Another Java process that holds the lock until it is killed. */
    private static Process holder(Path path) throws IOException {
        return new ProcessBuilder(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Holder.class.getName(),
                                path.toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** What {@link #holder} runs. */
    static final class Holder {

        public static void main(String[] arguments) throws Exception {
            LockFile held = LockFile.tryAcquire(Path.of(arguments[0]));
            System.out.println(held == null ? "taken" : "held");
            Thread.currentThread().join();
        }
    }

    @Test
    void isNotTakenThroughALink() throws IOException {
        Path target = Files.writeString(directory.resolve("target"), "precious");
        Path link = Files.createSymbolicLink(directory.resolve("lock"), target);

        assertThatIOException().isThrownBy(() -> LockFile.tryAcquire(link));

        assertThat(target).hasContent("precious");
    }
}
