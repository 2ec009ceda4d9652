package io.parallite.cli;

import io.parallite.cli.Table.Column;
import io.parallite.config.JsonSchema;
import io.parallite.config.LaunchSettings;
import io.parallite.config.SettingValue;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code parallite config}: what the daemon would run with, and where each value comes from. */
@Command(
        name = "config",
        header = "Show the effective configuration and where each value comes from.",
        description = {
            "What a daemon that is started here, with the same flags, would run with: of flag,"
                    + " environment, parallite.json and default the first that is set counts. All"
                    + " flags of the daemon are known here too.",
            "",
            "With --running, what a daemon goes by that was started earlier, or elsewhere: with the"
                    + " settings that it has taken over at reloads, and the workers it was scaled to."
        },
        footer = {
            "  parallite config",
            "  parallite config --fixed-workers 8 --json | jq .settings.fixed_workers",
            "  parallite config --running",
            "  parallite config --check deploy/parallite.json",
            "  parallite config --schema > parallite.schema.json",
            "      for the \"$schema\" key of parallite.json, by which editors complete and check",
            "",
            "Exit codes: 0 a daemon would start, or has answered; 1 it refuses; 64 bad arguments;"
                    + " 69 no daemon; 78 bad configuration."
        })
public final class ConfigCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @ArgGroup private @Nullable Mode mode;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The file to read (parallite.json in the current directory).")
    private @Nullable Path config;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    /** What to do instead of showing the settings. */
    private static final class Mode {

        @Option(
                names = "--check",
                paramLabel = "FILE",
                arity = "0..1",
                fallbackValue = "",
                description = "Only look for problems and print all of them, for CI.")
        private @Nullable String check;

        @Option(
                names = "--schema",
                description = "Print the JSON schema (draft 2020-12) of parallite.json.")
        private boolean schema;

        @Option(
                names = "--running",
                description =
                        "Ask the daemon that runs, at --socket or where the other commands look, what it"
                                + " goes by now.")
        private boolean running;
    }

    @Override
    public Integer call() {
        if (mode != null && mode.schema) {
            out().println(Json.indented(JsonSchema.tree()));
            return ExitCode.OK;
        }
        if (mode != null && mode.running) {
            return new RunningSettings(spec, config, json).show();
        }
        String checked = mode == null ? null : mode.check;
        Path file = checked == null || checked.isEmpty() ? config : Path.of(checked);
        if (checked != null && file != null && !Files.exists(file)) {
            spec.commandLine().getErr().println("parallite: " + file + " does not exist");
            return ExitCode.CONFIG;
        }
        LaunchSettings settings = LaunchSettings.inspect(file, SettingFlags.in(spec));
        if (json) {
            out().println(Json.indented(tree(settings)));
        } else {
            print(settings, checked != null);
        }
        return settings.problems().isEmpty() ? ExitCode.OK : ExitCode.CONFIG;
    }

    private void print(LaunchSettings settings, boolean checkOnly) {
        if (!checkOnly) {
            table(settings.effective()).lines(Terminal.width()).forEach(out()::println);
            out().flush();
        }
        PrintWriter err = spec.commandLine().getErr();
        settings.warnings().forEach(warning -> err.println("warning: " + warning));
        settings.problems().forEach(problem -> err.println("parallite: " + problem));
        if (checkOnly && settings.problems().isEmpty()) {
            out().println("the configuration is valid");
        }
    }

    static Table table(List<SettingValue> settings) {
        Table table =
                new Table(Column.left("SETTING"), Column.giving("VALUE"), Column.left("FROM"));
        for (SettingValue value : settings) {
            table.add(
                    value.setting().key(),
                    value.values().isEmpty() ? DaemonStats.ABSENT : value.shown(),
                    value.origin().text());
        }
        return table;
    }

    private static Map<String, Object> tree(LaunchSettings settings) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (SettingValue value : settings.effective()) {
            values.put(value.setting().key(), value.fields());
        }
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("ok", settings.problems().isEmpty());
        tree.put("problems", settings.problems());
        tree.put("warnings", settings.warnings());
        tree.put("settings", values);
        return tree;
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
