package io.parallite;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.config.Setting;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.OptionSpec;

class ServeFlagsTest {

    private static final Set<String> ANSWERED_AT_ONCE = Set.of("--help", "--version");

    @Test
    void knowsTheFileAndTheFlags() {
        assertThat(ServeFlags.parse("--config", "p.json", "--fixed-workers=3", "--debug"))
                .hasValueSatisfying(
                        given -> {
                            assertThat(given.config()).contains(Path.of("p.json"));
                            assertThat(given.flags())
                                    .containsExactlyInAnyOrderEntriesOf(
                                            Map.of(
                                                    Setting.FIXED_WORKERS,
                                                    "3",
                                                    Setting.DEBUG_LOGS,
                                                    "true"));
                        });
    }

    @Test
    void takesNoArgumentsForAStart() {
        assertThat(ServeFlags.parse())
                .hasValueSatisfying(
                        given -> {
                            assertThat(given.config()).isEmpty();
                            assertThat(given.flags()).isEmpty();
                        });
    }

    @Test
    void takesFlagsInTheWaysOfGo() {
        String[] args =
                ServeFlags.withTwoDashes(
                        "-config=p.json",
                        "-fixed-workers",
                        "3",
                        "--enable-benchmark=false",
                        "-debug=true",
                        "-prefix-name=-debug");

        assertThat(ServeFlags.parse(args))
                .hasValueSatisfying(
                        given -> {
                            assertThat(given.config()).contains(Path.of("p.json"));
                            assertThat(given.flags())
                                    .containsExactlyInAnyOrderEntriesOf(
                                            Map.of(
                                                    Setting.FIXED_WORKERS,
                                                    "3",
                                                    Setting.ENABLE_BENCHMARK,
                                                    "false",
                                                    Setting.DEBUG_LOGS,
                                                    "true",
                                                    Setting.PREFIX_NAME,
                                                    "-debug"));
                        });
        assertThat(ServeFlags.withTwoDashes("-h", "-V", "-fixed-worker", "stop"))
                .containsExactly("-h", "-V", "-fixed-worker", "stop");
        assertThat(ServeFlags.withTwoDashes("submit", "--", "-debug"))
                .containsExactly("submit", "--", "-debug");
    }

    @Test
    void takesTheNameOfACommandForTheValueOfAFlag() {
        assertThat(ServeFlags.parse("--fail-mode", "stop"))
                .hasValueSatisfying(
                        given ->
                                assertThat(given.flags())
                                        .containsExactly(Map.entry(Setting.FAIL_MODE, "stop")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "-h",
                "--version",
                "status",
                "--debug status",
                "--fixed-worker 3",
                "--fixed-workers",
                "--fixed-workers 3 4",
                "stray"
            })
    void leavesAllElseToTheWholeCommandLine(String arguments) {
        assertThat(ServeFlags.parse(arguments.split(" "))).isEmpty();
    }

    @Test
    void knowsAllOptionsThatTheHelpOffers() {
        for (OptionSpec option : Main.commandLine().getCommandSpec().options()) {
            if (!ANSWERED_AT_ONCE.contains(option.longestName())) {
                String argument = option.longestName() + (option.arity().min() > 0 ? "=1" : "");
                assertThat(ServeFlags.parse(argument)).as(argument).isPresent();
            }
        }
    }
}
