package io.parallite.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.parallite.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessRoomTest {

    @TempDir Path root;

    @Test
    void refusesLessThanADaemonWithItsWorkersNeeds() throws IOException {
        allow("43");

        assertThatCode(() -> ProcessRoom.check(root, 2)).doesNotThrowAnyException();
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> ProcessRoom.check(root, 3))
                .withMessageContaining(
                        "43 processes and threads are allowed, and a daemon with fixed_workers=3 needs 44; raise");
    }

    @Test
    void knowsNoLimitWhereNoneIsSet() throws IOException {
        allow("max");

        assertThat(ProcessRoom.allowed(root)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void hasRoomHere() {
        assertThatCode(ProcessRoom::tryThreads).doesNotThrowAnyException();
    }

    private void allow(String processes) throws IOException {
        Path file = root.resolve("sys/fs/cgroup/pids.max");
        Files.createDirectories(file.getParent());
        Files.writeString(file, processes + "\n");
    }
}
