package io.parallite.cli;

import io.parallite.config.LaunchSettings;
import io.parallite.config.Setting;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code parallite rehearse-start}: what a start would refuse, a finding a line, as {@code doctor
 * --json} has it. For {@code doctor}, which itself runs without the jars that this takes.
 */
@Command(name = "rehearse-start", hidden = true, header = "Find what a start would refuse.")
final class RehearseStartCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(names = "--config", paramLabel = "FILE", description = "The file to read.")
    private @Nullable Path config;

    @Option(names = "--socket", paramLabel = "ADDRESS", description = "The daemon's socket.")
    private @Nullable String socket;

    @Option(names = "--served", description = "A daemon has the addresses already.")
    private boolean served;

    @Override
    public Integer call() {
        LaunchSettings settings = LaunchSettings.inspect(config, flags(socket));
        for (Finding finding : new StartCheck(settings, StartRehearsal.home()).look(served)) {
            spec.commandLine().getOut().println(Json.line(finding.tree()));
        }
        return ExitCode.OK;
    }

    /** The flags of a daemon at {@code socket}. */
    static Map<Setting, String> flags(@Nullable String socket) {
        return socket == null ? Map.of() : Map.of(Setting.SOCKET, socket);
    }
}
