package io.parallite.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code parallite completion}: prints a script by which a shell completes commands and options.
 */
@Command(
        name = "completion",
        header = "Print a script by which a shell completes commands and options.",
        footer = {
            "  source <(parallite completion bash)",
            "  parallite completion fish > ~/.config/fish/completions/parallite.fish",
            "",
            "Exit codes: 0 done; 64 bad arguments."
        })
public final class CompletionCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Parameters(paramLabel = "SHELL", description = "bash, zsh or fish.")
    private String shell = "";

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        CommandLine parallite = spec.root().commandLine();
        switch (shell) {
            case "bash", "zsh" -> out.print(AutoComplete.bash("parallite", parallite));
            case "fish" -> printFish(parallite, out);
            default ->
                    throw new ParameterException(
                            spec.commandLine(), shell + " is not known; bash, zsh and fish are");
        }
        out.flush();
        return ExitCode.OK;
    }

    private static void printFish(CommandLine parallite, PrintWriter out) {
        options("__fish_use_subcommand", parallite.getCommandSpec(), out);
        parallite
                .getSubcommands()
                .forEach(
                        (name, command) -> {
                            if (!command.getCommandSpec().usageMessage().hidden()) {
                                String[] header = command.getCommandSpec().usageMessage().header();
                                out.printf(
                                        "complete -c parallite -n __fish_use_subcommand -a %s -d %s%n",
                                        name, quoted(header.length == 0 ? "" : header[0]));
                                options(
                                        "'__fish_seen_subcommand_from " + name + "'",
                                        command.getCommandSpec(),
                                        out);
                            }
                        });
    }

    private static void options(String when, CommandSpec command, PrintWriter out) {
        for (OptionSpec option : command.options()) {
            if (!option.hidden() && option.longestName().startsWith("--")) {
                String[] description = option.description();
                out.printf(
                        "complete -c parallite -n %s -l %s%s -d %s%n",
                        when,
                        option.longestName().substring(2),
                        option.arity().max() > 0 ? " -r" : "",
                        quoted(description.length == 0 ? "" : description[0]));
            }
        }
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
