package io.parallite.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorkerExitTest {

    @ParameterizedTest
    @CsvSource({
        "0, exited with status 0, false",
        "3, exited with status 3, false",
        "127, exited with status 127, false",
        "255, exited with status 255, false",
        "137, was killed by SIGKILL, true",
        "139, was killed by SIGSEGV, true",
        "143, was killed by SIGTERM, true",
        "134, exited with status 134, true",
    })
    void saysHowItWas(int status, String description, boolean signalled) {
        WorkerExit ending = new WorkerExit(status, "", false);

        assertThat(ending.describe()).isEqualTo(description);
        assertThat(ending.wasSignalled()).isEqualTo(signalled);
    }

    @Test
    void repeatsTheLastWords() {
        assertThat(new WorkerExit(255, "PHP Fatal error: no memory", false).describe())
                .isEqualTo("exited with status 255: PHP Fatal error: no memory");
    }

    @Test
    void saysWhenBeforeItQuotes() {
        assertThat(new WorkerExit(137, "no memory", false).describe("while it ran the task"))
                .isEqualTo("was killed by SIGKILL while it ran the task: no memory");
        assertThat(new WorkerExit(3, "", false).describe("while it ran the task"))
                .isEqualTo("exited with status 3 while it ran the task");
    }
}
