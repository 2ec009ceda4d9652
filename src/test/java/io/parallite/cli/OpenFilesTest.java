package io.parallite.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.contentOf;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class OpenFilesTest {

    /** Which looks before there is a Java that could. */
    @Test
    void launcherWantsAsManyAsADaemonWithoutWorkersNeeds() {
        Path launcher = Path.of("src", "main", "dist", "bin", "parallite");
        assertThat(contentOf(launcher.toFile()))
                .contains("\nfiles_needed=%d ".formatted(OpenFiles.needed(0)));
    }
}
