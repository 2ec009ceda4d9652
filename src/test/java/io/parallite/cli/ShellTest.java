package io.parallite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ShellTest {

    @Test
    void givesWhatAProgramSaysAndHowItEnds() {
        Shell.Outcome outcome =
                Shell.run(
                        List.of("sh", "-c", "echo to $WHOM; echo twice >&2; exit 3"),
                        Map.of("WHOM", "both"));

        assertThat(outcome.exitCode()).isEqualTo(3);
        assertThat(outcome.output()).isEqualTo("to both\ntwice\n");
        assertThat(outcome.lastLine()).isEqualTo("twice");
    }

    @Test
    void killsAProgramThatTakesTooLongWithWhatItHasStarted() {
        Shell.Outcome outcome =
                Shell.run(List.of("sh", "-c", "sleep 600; true"), Map.of(), Duration.ofSeconds(1));

        assertThat(outcome.exitCode()).isEqualTo(-1);
        assertThat(outcome.lastLine()).isEqualTo("it was killed, as it had not ended within 1 s");
    }

    @Test
    void saysWhyAProgramCannotBeStarted() {
        Shell.Outcome outcome = Shell.run(List.of("no-such-program"), Map.of());

        assertThat(outcome.exitCode()).isEqualTo(-1);
        assertThat(outcome.lastLine()).contains("no-such-program");
    }
}
