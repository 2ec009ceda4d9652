package io.parallite.cli;

import io.parallite.cli.Table.Column;
import io.parallite.config.ConfigException;
import io.parallite.config.DaemonAddress;
import io.parallite.config.Origin;
import io.parallite.config.Setting;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code parallite config --running}: the settings of the running daemon, in the same form. */
final class RunningSettings {

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final CommandSpec spec;
    private final @Nullable Path config;
    private final boolean json;
    private final Refusal refusal;

    /**
     * The settings of the daemon that {@code spec} and {@code config} identify.
     *
     * @param config a file that may name the daemon's socket
     */
    RunningSettings(CommandSpec spec, @Nullable Path config, boolean json) {
        this.spec = spec;
        this.config = config;
        this.json = json;
        this.refusal = new Refusal(spec, json);
    }

    /**
     * Gets the settings from the daemon and prints them; gives the exit code.
     *
     * @throws ParameterException when other settings are given: the daemon has its own
     */
    int show() {
        Map<Setting, String> flags = new EnumMap<>(Setting.class);
        flags.putAll(SettingFlags.in(spec));
        String socket = flags.remove(Setting.SOCKET);
        if (!flags.isEmpty()) {
            String given =
                    flags.keySet().stream().map(Setting::flag).collect(Collectors.joining(", "));
            throw new ParameterException(
                    spec.commandLine(),
                    "--running asks the daemon that runs; %s would be for one that is started"
                            .formatted(given));
        }
        try (DaemonConnection daemon =
                DaemonConnection.open(
                        DaemonAddress.find(
                                socket, config, System.getenv(), Path.of("").toAbsolutePath()),
                        PATIENCE)) {
            return print(daemon.call("settings"));
        } catch (DaemonException e) {
            return refusal.print(
                    ExitCode.UNAVAILABLE, "UNAVAILABLE", String.valueOf(e.getMessage()));
        } catch (ConfigException e) {
            return refusal.print(ExitCode.CONFIG, "CONFIG", String.valueOf(e.getMessage()));
        }
    }

    private int print(Answer answer) {
        if (!answer.isOk()) {
            return refusal.by(answer);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.indented(answer.node().value()));
        } else {
            table(answer.node().at("settings")).lines(Terminal.width()).forEach(out::println);
        }
        return ExitCode.OK;
    }

    /**
     * The table that {@code parallite config} prints.
     *
     * @param settings by key, {@code {value, from, name?}}
     */
    static Table table(Node settings) {
        Table table =
                new Table(Column.left("SETTING"), Column.giving("VALUE"), Column.left("FROM"));
        if (settings.value() instanceof Map<?, ?> map) {
            map.forEach(
                    (key, fields) -> {
                        Node setting = new Node(fields);
                        table.add(String.valueOf(key), value(setting.at("value")), from(setting));
                    });
        }
        return table;
    }

    private static String value(Node value) {
        String text =
                value.elements().stream()
                        .map(element -> String.valueOf(element.value()))
                        .collect(Collectors.joining(","));
        return switch (value.value()) {
            case null -> DaemonStats.ABSENT;
            case Iterable<?> _ -> text.isEmpty() ? DaemonStats.ABSENT : text;
            case Map<?, ?> pools -> Json.line(pools);
            case Object one -> one.toString();
        };
    }

    private static String from(Node setting) {
        String kind = setting.at("from").text().orElse(DaemonStats.ABSENT);
        boolean isScaled = kind.equals(Origin.SCALED.kind().word());
        return setting.at("name").text().orElse(isScaled ? Origin.SCALED.text() : kind);
    }
}
