package io.parallite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** The manual page says what the help says. */
class ManPageTest {

    private final CommandLine parallite = Main.commandLine();
    private final String page = page();

    private static String page() {
        try {
            return Files.readString(Path.of("deploy/debian/parallite.1")).replace("\\-", "-");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void namesEveryOptionOfTheHelp() {
        assertThat(parallite.getCommandSpec().options())
                .filteredOn(option -> !option.hidden())
                .isNotEmpty()
                .allSatisfy(option -> assertThat(page).contains(option.longestName()));
    }

    @Test
    void explainsEveryCommandAsTheHelpDoes() {
        List<CommandSpec> commands =
                parallite.getSubcommands().values().stream()
                        .map(CommandLine::getCommandSpec)
                        .filter(command -> !command.usageMessage().hidden())
                        .toList();

        assertThat(commands)
                .isNotEmpty()
                .allSatisfy(
                        command ->
                                assertThat(page)
                                        .contains(
                                                ".B %s\n%s\n"
                                                        .formatted(
                                                                command.name(),
                                                                command.usageMessage()
                                                                        .header()[0])));
    }

    @Test
    void listsTheExitCodesOfTheHelp() {
        String codes =
                Arrays.stream(parallite.getCommandSpec().usageMessage().footer())
                        .filter(line -> line.startsWith("Exit codes: "))
                        .findFirst()
                        .orElseThrow()
                        .substring("Exit codes: ".length());

        for (String code : codes.replace(".", "").split("; ")) {
            assertThat(page.replace('\n', ' ')).contains(code);
        }
    }
}
