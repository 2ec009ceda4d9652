package io.parallite;

import io.parallite.cli.ExitCode;
import io.parallite.cli.HttpPort;
import io.parallite.cli.OpenFiles;
import io.parallite.cli.ProcessRoom;
import io.parallite.cli.ResultMemory;
import io.parallite.cli.SettingFlags;
import io.parallite.config.ConfigException;
import io.parallite.config.LaunchSettings;
import io.parallite.config.Setting;
import io.parallite.server.ListenException;
import io.quarkus.runtime.Quarkus;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * What the daemon is started with: its configuration file and the flags that were given.
 *
 * <p>{@link #parse} knows the flags of {@link ServeCommand} and nothing else, no command and no
 * help. A start needs no more, and picocli takes long to learn the whole command line.
 */
record ServeFlags(Optional<Path> config, Map<Setting, String> flags) {

    static final String CONFIG = "--config";

    /** The same arguments as they are given here, whichever way the Go daemon would take them. */
    static String[] withTwoDashes(String... args) {
        boolean isCommand = args.length > 0 && !args[0].startsWith("-");
        return isCommand ? args : SettingFlags.withTwoDashes(Set.of(CONFIG), args);
    }

    /** The flags; empty where the arguments hold anything else, or a mistake. */
    static Optional<ServeFlags> parse(String... args) {
        CommandSpec spec =
                CommandSpec.wrapWithoutInspection(null, ServeFlags::create)
                        .addOption(OptionSpec.builder(CONFIG).type(Path.class).build());
        SettingFlags.addTo(spec);
        try {
            new CommandLine(spec, ServeFlags::create).parseArgs(args);
        } catch (ParameterException e) {
            return Optional.empty();
        }
        return Optional.of(
                new ServeFlags(
                        Optional.ofNullable(spec.findOption(CONFIG).getValue()),
                        SettingFlags.in(spec)));
    }

    /**
     * For picocli, whose own factory looks for Groovy, and thereby into every jar. Values of flags
     * need none.
     */
    private static <T> T create(Class<T> type) throws ReflectiveOperationException {
        return type.getDeclaredConstructor().newInstance();
    }

    /** Checks the configuration and serves until the daemon is stopped. Returns the exit code. */
    int serve() {
        try {
            LaunchSettings settings = LaunchSettings.check(config.orElse(null), flags);
            OpenFiles.check(settings.fixedWorkers());
            ProcessRoom.check(settings.fixedWorkers());
            ProcessRoom.tryThreads();
            WarmUp.start();
            settings.chosenResultCacheBytes().ifPresent(ResultMemory::check);
            HttpPort.check(settings);
            settings.apply(OpenFiles.forHttp());
        } catch (ConfigException e) {
            return refuse(ExitCode.CONFIG, e);
        } catch (ListenException e) {
            return refuse(ExitCode.UNAVAILABLE, e);
        }
        Signals.OF_PROCESS.takeOver();
        Quarkus.run(Daemon.class);
        return ExitCode.OK;
    }

    /** Prints why the daemon does not start: a sentence for the terminal, not a line of the log. */
    static int refuse(int code, RuntimeException why) {
        System.err.println("parallite: " + why.getMessage());
        return code;
    }
}
