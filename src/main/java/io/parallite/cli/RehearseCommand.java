package io.parallite.cli;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code parallite rehearse}: runs the short commands once each in one process, so that the AOT
 * cache which it is trained for ({@code lib/train}) holds the classes of all of them.
 */
@Command(name = "rehearse", hidden = true, header = "Run the short commands, for the AOT cache.")
final class RehearseCommand implements Callable<Integer> {

    private static final List<List<String>> COMMANDS =
            List.of(
                    List.of("status"),
                    List.of("workers"),
                    List.of("tasks"),
                    List.of("submit", "--id", "rehearsal", "true"),
                    List.of("submit", "--php", "[1, 2.5, 'text']"),
                    List.of("status", "rehearsal"),
                    List.of("tail", "rehearsal"),
                    List.of("cancel", "rehearsal"),
                    List.of("doctor"),
                    List.of("status", "--help"));

    @Option(names = "--socket", paramLabel = "ADDRESS", description = "The daemon's socket.")
    private @Nullable String socket;

    @Override
    public Integer call() {
        try (PrintWriter nowhere = new PrintWriter(Writer.nullWriter())) {
            for (List<String> words : COMMANDS) {
                CommandLine command = Commands.alone(words.getFirst()).orElseThrow();
                List<String> arguments = new ArrayList<>();
                if (socket != null) {
                    arguments.addAll(List.of("--socket", socket));
                }
                arguments.addAll(words.subList(1, words.size()));
                command.setOut(nowhere).setErr(nowhere).execute(arguments.toArray(String[]::new));
            }
        }
        return ExitCode.OK;
    }
}
