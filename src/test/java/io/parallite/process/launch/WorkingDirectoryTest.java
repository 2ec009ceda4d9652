package io.parallite.process.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code current} is a link to a release; the process itself knows only the release. */
class WorkingDirectoryTest {

    @TempDir private Path temp;
    private Path root;
    private Path first;
    private Path second;
    private Path current;

    @BeforeEach
    void deploy() throws IOException {
        root = temp.toRealPath();
        first = Files.createDirectories(root.resolve("releases/1"));
        second = Files.createDirectories(root.resolve("releases/2"));
        current = Files.createSymbolicLink(root.resolve("current"), first);
    }

    @Test
    void followsTheWayItWasEnteredBy() throws IOException {
        WorkingDirectory directory = WorkingDirectory.of(current.toString(), first);
        assertThat(directory.now()).isEqualTo(first);

        Files.delete(current);
        Files.createSymbolicLink(current, second);

        assertThat(directory.now()).isEqualTo(second);
        assertThat(WorkingDirectory.real(directory.follow(first.resolve("."))))
                .as("a file that was found under the first release")
                .isEqualTo(second);
    }

    @Test
    void staysWhereItIsWithoutATrueWay() {
        for (String pwd : new String[] {"", "relative", second.toString(), "/does/not/exist"}) {
            WorkingDirectory directory = WorkingDirectory.of(pwd, first);

            assertThat(directory.now()).isEqualTo(first);
        }
    }

    @Test
    void followsTheWayThatIsConfigured() throws IOException {
        WorkingDirectory directory = WorkingDirectory.configured(current + "/./public/..");
        assertThat(directory.now()).isEqualTo(first);

        Files.delete(current);
        Files.createSymbolicLink(current, second);

        assertThat(directory.now()).isEqualTo(second);
        assertThat(WorkingDirectory.real(directory.follow(first))).isEqualTo(second);
    }

    @Test
    void leavesFilesElsewhereAlone() {
        WorkingDirectory directory = WorkingDirectory.of(current.toString(), first);

        Path elsewhere = Path.of("/etc/parallite.json");
        assertThat(directory.follow(elsewhere)).isEqualTo(elsewhere);
    }
}
