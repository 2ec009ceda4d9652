package io.parallite.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WorkerLimitsTest {

    private static WorkerLimits limits(String ionice, long memoryMax) {
        return new WorkerLimits(Optional.empty(), Optional.of(ionice), memoryMax);
    }

    @Test
    void withoutLimitsTheCommandLineIsAsItWas() {
        assertThat(WorkerLimits.NONE.words()).isEmpty();
        assertThatCode(WorkerLimits.NONE::require).doesNotThrowAnyException();
        assertThat(WorkerLimits.NONE.explain("Out of memory")).isEqualTo("Out of memory");
    }

    @Test
    void setsClassAndLevel() {
        assertThat(limits("idle", 0).words()).isEqualTo(List.of("ionice", "-c", "idle"));
        assertThat(limits("best-effort:7", 0).words())
                .isEqualTo(List.of("ionice", "-c", "best-effort", "-n", "7"));
    }

    @Test
    void limitsMemory() {
        assertThat(limits("idle", 1 << 26).words()).endsWith("prlimit", "--data=67108864");
    }

    @Test
    void explainsOnlyWhatIsAboutMemory() {
        assertThat(limits("idle", 1 << 26).explain("Out of patience")).isEqualTo("Out of patience");
    }
}
