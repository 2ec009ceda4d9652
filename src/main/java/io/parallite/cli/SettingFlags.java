package io.parallite.cli;

import io.parallite.config.Setting;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** A flag for each {@link Setting}, made from it. The help shows those that are needed often. */
public final class SettingFlags {

    private static final Set<Setting> SHOWN =
            EnumSet.of(
                    Setting.SOCKET,
                    Setting.FIXED_WORKERS,
                    Setting.MAX_WORKERS,
                    Setting.PREFIX_NAME,
                    Setting.TIMEOUT_MS,
                    Setting.FAIL_MODE,
                    Setting.MAX_PAYLOAD_BYTES,
                    Setting.WORKER_SCRIPT,
                    Setting.HTTP_PORT,
                    Setting.DEBUG_LOGS);

    private SettingFlags() {}

    /** Adds the flags to a command. */
    public static void addTo(CommandSpec command) {
        for (Setting setting : Setting.values()) {
            if (setting.hasFlag()) {
                command.addOption(flag(setting));
            }
        }
    }

    private static OptionSpec flag(Setting setting) {
        OptionSpec.Builder flag =
                OptionSpec.builder(setting.flag())
                        .hidden(!SHOWN.contains(setting))
                        .description(setting.explanation() + defaultOf(setting));
        if (setting == Setting.DEBUG_LOGS) {
            flag.names(Setting.DEBUG_FLAG, setting.flag());
        }
        return setting.isBoolean()
                ? flag.type(Boolean.class).arity("0..1").fallbackValue("true").build()
                : flag.type(String.class).paramLabel(label(setting)).build();
    }

    private static String defaultOf(Setting setting) {
        return setting.byDefault()
                .filter(value -> !value.isEmpty() && !setting.isBoolean())
                .map(" (%s)"::formatted)
                .orElse("");
    }

    private static String label(Setting setting) {
        String key = setting.key();
        if (setting.isNumber()) {
            return key.endsWith("_ms") ? "MS" : key.endsWith("_bytes") ? "BYTES" : "N";
        }
        return switch (setting) {
            case SOCKET -> "ADDRESS";
            case FAIL_MODE -> "MODE";
            case WORKER_SCRIPT -> "FILE";
            case PREFIX_NAME -> "NAME";
            default -> "VALUE";
        };
    }

    /**
     * The same arguments with two dashes before every flag of the daemon: programs in Go take one,
     * too.
     */
    public static String[] withTwoDashes(Set<String> others, String... args) {
        Set<String> flags = new HashSet<>(others);
        flags.add(Setting.DEBUG_FLAG);
        Arrays.stream(Setting.values()).filter(Setting::hasFlag).forEach(s -> flags.add(s.flag()));
        return Arrays.stream(args)
                .map(arg -> flags.contains("-" + arg.split("=", 2)[0]) ? "-" + arg : arg)
                .toArray(String[]::new);
    }

    /** The flags that were given to a command. */
    public static Map<Setting, String> in(CommandSpec command) {
        Map<Setting, String> given = new EnumMap<>(Setting.class);
        for (Setting setting : Setting.values()) {
            @Nullable OptionSpec flag = command.findOption(setting.flag());
            Object value = flag == null ? null : flag.getValue();
            if (value != null) {
                given.put(setting, value.toString());
            }
        }
        return given;
    }
}
