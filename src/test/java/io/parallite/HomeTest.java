package io.parallite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HomeTest {

    @TempDir Path directory;
    private Path home;
    private Path executable;

    @BeforeEach
    void makeDistribution() throws IOException {
        home = Files.createDirectory(directory.toRealPath().resolve("parallite-native"));
        Files.createDirectory(home.resolve("bin"));
        executable = Files.createFile(home.resolve("bin/parallite"));
    }

    @Test
    void isAboveTheExecutableAlsoThroughALink() throws IOException {
        Files.createDirectory(home.resolve("php"));
        Files.createFile(home.resolve("php/parallite-worker.php"));
        Path link = Files.createSymbolicLink(directory.resolve("parallite"), executable);

        assertThat(Home.above(executable)).contains(home);
        assertThat(Home.above(link)).contains(home);
    }

    @Test
    void isNoneWhereThereIsNoWorker() {
        assertThat(Home.above(executable)).isEmpty();
        assertThat(Home.above(directory.resolve("gone"))).isEmpty();
    }
}
