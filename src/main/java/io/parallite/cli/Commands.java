package io.parallite.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine;

/** The commands of this package, put together with what they have in common. */
public final class Commands {

    private static final Map<String, Supplier<Object>> ALL = new LinkedHashMap<>();

    static {
        ALL.put("status", StatusCommand::new);
        ALL.put("workers", WorkersCommand::new);
        ALL.put("tasks", TasksCommand::new);
        ALL.put("task", TaskCommand::new);
        ALL.put("failures", FailuresCommand::new);
        ALL.put("top", TopCommand::new);
        ALL.put("submit", SubmitCommand::new);
        ALL.put("tail", TailCommand::new);
        ALL.put("cancel", CancelCommand::new);
        ALL.put("nodes", NodesCommand::new);
        ALL.put("dead", DeadCommand::new);
        ALL.put("reload", ReloadCommand::new);
        ALL.put("pause", PauseCommand::new);
        ALL.put("resume", ResumeCommand::new);
        ALL.put("drain", DrainCommand::new);
        ALL.put("scale", ScaleCommand::new);
        ALL.put("stop", StopCommand::new);
        ALL.put("demo", DemoCommand::new);
        ALL.put("doctor", DoctorCommand::new);
        ALL.put("config", ConfigCommand::new);
        ALL.put("completion", CompletionCommand::new);
        ALL.put("rehearse", RehearseCommand::new);
        ALL.put("rehearse-start", RehearseStartCommand::new);
    }

    private Commands() {}

    /** Adds all of them, in the order in which the help lists them. */
    public static void addTo(CommandLine parallite) {
        ALL.forEach((name, command) -> parallite.addSubcommand(name, dressed(command)));
    }

    /**
     * The command of this name alone: building one takes a fraction of the time of building all.
     * Empty when there is none, and for the command that needs all others.
     */
    public static Optional<CommandLine> alone(String name) {
        return Optional.ofNullable(name.equals("completion") ? null : ALL.get(name))
                .map(
                        command -> {
                            CommandLine alone = dressed(command);
                            alone.setCommandName("parallite " + name);
                            return alone;
                        });
    }

    private static CommandLine dressed(Supplier<Object> command) {
        CommandLine line = new CommandLine(command.get());
        line.getCommandSpec()
                .mixinStandardHelpOptions(true)
                .exitCodeOnInvalidInput(ExitCode.USAGE)
                .usageMessage()
                .sortOptions(false)
                .headerHeading("%n")
                .descriptionHeading("%n")
                .parameterListHeading("%n")
                .optionListHeading("%nOptions:%n")
                .footerHeading("%nExamples:%n");
        if (line.getCommand() instanceof ConfigCommand) {
            SettingFlags.addTo(line.getCommandSpec());
        }
        return line.setStopAtPositional(line.getCommand() instanceof SubmitCommand);
    }
}
