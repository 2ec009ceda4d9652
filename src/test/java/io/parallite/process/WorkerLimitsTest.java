package io.parallite.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.parallite.config.SystemUser;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WorkerLimitsTest {

    private static final List<String> GUARD = List.of("setsid", "setpriv", "--pdeathsig", "KILL");

    private static WorkerLimits limits(String ionice, long memoryMax) {
        return new WorkerLimits(
                Optional.empty(),
                Optional.of(ionice),
                memoryMax,
                Optional.empty(),
                Optional.empty());
    }

    @Test
    void withoutLimitsTheCommandLineIsAsItWas() {
        assertThat(WorkerLimits.NONE.words(List.of(), false)).isEmpty();
        assertThat(WorkerLimits.NONE.words(GUARD, false)).isEqualTo(GUARD);
        assertThatCode(WorkerLimits.NONE::require).doesNotThrowAnyException();
        assertThat(WorkerLimits.NONE.explain("Out of memory")).isEqualTo("Out of memory");
    }

    @Test
    void setsClassAndLevel() {
        assertThat(limits("idle", 0).words(List.of(), false))
                .isEqualTo(List.of("ionice", "-c", "idle"));
        assertThat(limits("best-effort:7", 0).words(List.of(), false))
                .isEqualTo(List.of("ionice", "-c", "best-effort", "-n", "7"));
    }

    @Test
    void limitsMemory() {
        assertThat(limits("idle", 1 << 26).words(List.of(), false))
                .endsWith("prlimit", "--data=67108864");
        assertThat(limits("idle", 1 << 26).words(List.of(), true)).endsWith("idle");
    }

    @Test
    void becomesTheUserLast() {
        WorkerLimits limits =
                new WorkerLimits(
                        Optional.empty(),
                        Optional.of("idle"),
                        0,
                        Optional.empty(),
                        Optional.of(new SystemUser("www-data", 33, 34)));

        assertThat(String.join(" ", limits.words(GUARD, false)))
                .isEqualTo(
                        "setsid ionice -c idle setpriv --pdeathsig KILL --reuid=33 --regid=34 --init-groups");
        assertThat(String.join(" ", limits.words(List.of(), false)))
                .isEqualTo("ionice -c idle setpriv --reuid=33 --regid=34 --init-groups");
    }

    @Test
    void explainsOnlyWhatIsAboutMemory() {
        assertThat(limits("idle", 1 << 26).explain("Out of patience")).isEqualTo("Out of patience");
    }
}
