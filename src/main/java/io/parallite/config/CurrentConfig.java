package io.parallite.config;

import io.smallrye.config.SmallRyeConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The configuration that is in force: what the daemon was started with, but for the settings that a
 * reload has taken from a changed file ({@link Setting#isReloadable}).
 *
 * <p>{@link #read} looks at the file anew and changes nothing; {@link #adopt} makes what it has
 * found count, once workers have booted with it. Flags and environment are those of the start, and
 * go on taking precedence over the file. Any thread.
 */
public final class CurrentConfig {

    private static final Logger LOG = Logger.getLogger(CurrentConfig.class);

    private final Function<String, @Nullable String> properties;
    private final Map<Setting, Origin> originsAtStart;
    private volatile ConfigUpdate inForce;

    /** The configuration of a daemon that would be started with {@code settings}. */
    public static CurrentConfig of(LaunchSettings settings) {
        SmallRyeConfig values =
                InMemoryConfig.of(InMemoryConfig.valuesOf(settings::values), settings.file());
        return new CurrentConfig(
                values.getConfigMapping(ParalliteConfig.class),
                values,
                System::getProperty,
                settings.origins());
    }

    /**
     * What the daemon is started with.
     *
     * @param values where {@code config} is from
     */
    public CurrentConfig(ParalliteConfig config, SmallRyeConfig values) {
        this(config, values, System::getProperty);
    }

    /**
     * The same.
     *
     * @param properties where {@link LaunchSettings#apply} has left the flags
     */
    CurrentConfig(
            ParalliteConfig config,
            SmallRyeConfig values,
            Function<String, @Nullable String> properties) {
        this(config, values, properties, Origins.of(values, properties));
    }

    private CurrentConfig(
            ParalliteConfig config,
            SmallRyeConfig values,
            Function<String, @Nullable String> properties,
            Map<Setting, Origin> origins) {
        this.properties = properties;
        this.originsAtStart = origins;
        Map<Setting, List<String>> atStart =
                InMemoryConfig.valuesOf(setting -> InMemoryConfig.valuesIn(values, setting));
        this.inForce =
                new ConfigUpdate(
                        config,
                        NamedPools.in(atStart).configs(atStart, config.config().map(Path::of)),
                        atStart,
                        origins,
                        List.of(),
                        List.of());
    }

    /** The configuration in force. */
    public ParalliteConfig now() {
        return inForce.config();
    }

    /** The configuration in force of a pool; see {@link NamedPools}. */
    public ParalliteConfig now(String pool) {
        return inForce.of(pool);
    }

    /** The pools that are named, in the order of the file. */
    public Set<String> pools() {
        return inForce.pools().keySet();
    }

    /** The configuration in force, as an update without changes. */
    public ConfigUpdate unchanged() {
        ConfigUpdate update = inForce;
        return new ConfigUpdate(
                update.config(),
                update.pools(),
                update.values(),
                update.origins(),
                List.of(),
                List.of());
    }

    /** How many workers there may be in all pools. */
    public int maxWorkers() {
        ConfigUpdate update = inForce;
        return update.config().maxWorkers()
                + update.pools().values().stream().mapToInt(ParalliteConfig::maxWorkers).sum();
    }

    /** The values in force, by setting. */
    public Map<Setting, List<String>> values() {
        return inForce.values();
    }

    /**
     * The values in force with their origins, in the order of {@link Setting}; a computed default
     * counts as a default.
     */
    public List<SettingValue> effective() {
        ConfigUpdate update = inForce;
        return Arrays.stream(Setting.values())
                .filter(setting -> !setting.isIgnored())
                .map(
                        setting ->
                                new SettingValue(
                                        setting,
                                        Optional.ofNullable(update.values().get(setting))
                                                .orElseGet(() -> workedOut(setting, update)),
                                        update.origins().getOrDefault(setting, Origin.DEFAULT)))
                .toList();
    }

    private static List<String> workedOut(Setting setting, ConfigUpdate update) {
        ParalliteConfig config = update.config();
        return switch (setting) {
            case SOCKET -> List.of(ListenAddress.byDefault());
            case MAX_WORKERS -> List.of(String.valueOf(config.maxWorkers()));
            case QUEUE_TIMEOUT_MS -> List.of(String.valueOf(config.queueTimeout().toMillis()));
            default -> List.of();
        };
    }

    /** Makes {@code update} count. */
    public void adopt(ConfigUpdate update) {
        inForce = update;
    }

    /**
     * Looks at the configuration file anew; blocks while it is read. Nothing changes when it is
     * gone.
     *
     * @param follow where a file is now that was at some path when the daemon started
     * @throws ConfigException for the first setting that is not valid
     */
    public ConfigUpdate read(UnaryOperator<Path> follow) {
        String asked = properties.apply(ParalliteJsonSource.ASKED);
        Path file = follow.apply(LaunchSettings.fileOf(asked == null ? null : Path.of(asked)));
        boolean isThere = Files.exists(file);
        if (!isThere && now().config().isPresent()) {
            LOG.warnf("%s no longer exists; the settings are kept", file);
            return unchanged();
        }
        LaunchSettings found = LaunchSettings.inspect(file, flags());
        if (!found.problems().isEmpty()) {
            throw new ConfigException(found.problems().getFirst());
        }
        return update(found, isThere ? Optional.of(file) : Optional.empty());
    }

    private ConfigUpdate update(LaunchSettings found, Optional<Path> file) {
        Map<Setting, List<String>> wanted = expanded(found);
        Set<Setting> reloadable = EnumSet.noneOf(Setting.class);
        Arrays.stream(Setting.values()).filter(Setting::isReloadable).forEach(reloadable::add);
        if (NamedPools.in(wanted).needsRestart(NamedPools.in(values()))) {
            reloadable.remove(Setting.POOLS);
        }
        Map<Setting, List<String>> merged =
                InMemoryConfig.valuesOf(
                        setting ->
                                (reloadable.contains(setting) ? wanted : values())
                                        .getOrDefault(setting, List.of()));
        return new ConfigUpdate(
                InMemoryConfig.of(merged, file).getConfigMapping(ParalliteConfig.class),
                NamedPools.in(merged).configs(merged, file),
                merged,
                mergedOrigins(found.origins()),
                differing(wanted, values()).filter(reloadable::contains).toList(),
                differing(wanted, values())
                        .filter(setting -> !reloadable.contains(setting))
                        .toList());
    }

    private Map<Setting, Origin> mergedOrigins(Map<Setting, Origin> wanted) {
        Map<Setting, Origin> merged = new EnumMap<>(Setting.class);
        for (Setting setting : Setting.values()) {
            Origin origin = (setting.isReloadable() ? wanted : originsAtStart).get(setting);
            if (origin != null) {
                merged.put(setting, origin);
            }
        }
        return merged;
    }

    /** The values as SmallRye Config has them, which may look into them. */
    private static Map<Setting, List<String>> expanded(LaunchSettings found) {
        SmallRyeConfig config =
                InMemoryConfig.of(InMemoryConfig.valuesOf(found::values), Optional.empty());
        return InMemoryConfig.valuesOf(setting -> InMemoryConfig.valuesIn(config, setting));
    }

    private static Stream<Setting> differing(
            Map<Setting, List<String>> one, Map<Setting, List<String>> other) {
        return Arrays.stream(Setting.values())
                .filter(
                        setting ->
                                !one.getOrDefault(setting, List.of())
                                        .equals(other.getOrDefault(setting, List.of())));
    }

    /** The flags of the start. */
    private Map<Setting, String> flags() {
        Map<Setting, String> flags = new EnumMap<>(Setting.class);
        for (Setting setting : Setting.values()) {
            String value = properties.apply(setting.property());
            if (value != null) {
                flags.put(setting, value);
            }
        }
        return flags;
    }
}
