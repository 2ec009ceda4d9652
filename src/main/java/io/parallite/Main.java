package io.parallite;

import io.parallite.bench.BenchCommand;
import io.parallite.cli.Commands;
import io.parallite.cli.ExitCode;
import io.parallite.cli.SettingFlags;
import io.parallite.cli.StandardOutput;
import io.parallite.units.Texts;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.Arrays;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.IVersionProvider;

/**
 * The command line. Commands that connect to a running daemon, and {@code --help}, never boot
 * Quarkus; {@link ServeCommand} does once flags and configuration are known to be good.
 */
@QuarkusMain
public final class Main {

    private Main() {}

    public static void main(String... words) {
        NativeStart.begin();
        StandardOutput output = StandardOutput.install();
        String[] args = ServeFlags.withTwoDashes(words);
        int exitCode =
                output.check(
                        ServeFlags.parse(args)
                                .map(ServeFlags::serve)
                                .or(() -> Main.executeAlone(args))
                                .orElseGet(() -> commandLine().execute(args)));
        if (exitCode != ExitCode.OK) {
            System.exit(exitCode);
        }
    }

    private static Optional<Integer> executeAlone(String... args) {
        return Commands.alone(args[0])
                .map(Main::dressed)
                .map(command -> command.execute(Arrays.copyOfRange(args, 1, args.length)));
    }

    /** All commands. */
    static CommandLine commandLine() {
        CommandLine serve = new CommandLine(new ServeCommand());
        SettingFlags.addTo(serve.getCommandSpec());
        Commands.addTo(serve);
        serve.addSubcommand(new BenchCommand());
        serve.getSubcommands().values().forEach(Main::dressed);
        // what follows a flag is its value: --fail-mode stop
        return dressed(serve).setAllowSubcommandsAsOptionParameters(true);
    }

    private static CommandLine dressed(CommandLine command) {
        command.getCommandSpec().versionProvider(new VersionProvider());
        return command.setParameterExceptionHandler(Main::onBadArguments)
                .setUsageHelpLongOptionsMaxWidth(28);
    }

    /** One sentence and where to read on, in place of the whole usage. */
    private static int onBadArguments(CommandLine.ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        command.getErr().println("parallite: " + Texts.escape(String.valueOf(e.getMessage())));
        CommandLine.UnmatchedArgumentException.printSuggestions(e, command.getErr());
        command.getErr().printf("Try '%s --help'.%n", command.getCommandSpec().qualifiedName());
        return command.getCommandSpec().exitCodeOnInvalidInput();
    }

    /** Prints {@code Parallite 1.0.0}. */
    static final class VersionProvider implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"Parallite " + Version.current()};
        }
    }
}
