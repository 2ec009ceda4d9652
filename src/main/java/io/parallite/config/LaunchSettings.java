package io.parallite.config;

import io.parallite.units.Texts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Flags, environment and file, checked before anything is started; {@link #apply} makes them known
 * to SmallRye Config, which decides which values are effective.
 */
public final class LaunchSettings {

    private static final String DEFAULT_FILE = "parallite.json";

    private final Map<String, String> systemProperties = new LinkedHashMap<>();
    private final Map<Setting, SettingValue> given = new EnumMap<>(Setting.class);
    private final List<String> problems = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    private LaunchSettings() {}

    /**
     * Checks all given values; values without an effect are reported on standard error.
     *
     * @param file the given file; without one, {@code parallite.json} is read if it exists
     * @throws ConfigException for the first that is not valid
     */
    public static LaunchSettings check(@Nullable Path file, Map<Setting, String> flags) {
        LaunchSettings settings = inspect(file, flags);
        settings.warnings().forEach(warning -> System.err.println("parallite: " + warning));
        if (!settings.problems.isEmpty()) {
            throw new ConfigException(settings.problems.getFirst());
        }
        return settings;
    }

    /** Checks all given values, and collects the errors in {@link #problems}. */
    public static LaunchSettings inspect(@Nullable Path file, Map<Setting, String> flags) {
        return inspect(file, flags, System.getenv());
    }

    static LaunchSettings inspect(
            @Nullable Path file, Map<Setting, String> flags, Map<String, String> environment) {
        LaunchSettings settings = new LaunchSettings();
        settings.addFile(file);
        settings.addEnvironment(environment);
        settings.warnOfUnknown(environment.keySet());
        settings.addFlags(flags);
        settings.checkTogether();
        return settings;
    }

    /** A sentence, on a line of its own, for everything that stops the daemon from starting. */
    public List<String> problems() {
        return problems.stream().map(Texts::escape).toList();
    }

    /** A sentence each, as {@link #problems}, for what has no effect, though it looks meant to. */
    public List<String> warnings() {
        return warnings.stream().map(Texts::escape).toList();
    }

    private void addFile(@Nullable Path asked) {
        Path file = fileOf(asked);
        if (asked != null) {
            systemProperties.put(ParalliteJsonSource.ASKED, file.toString());
        }
        if (Files.exists(file)) {
            Map<String, String> properties = ParalliteJson.read(file, problems::add);
            for (Setting setting : Setting.values()) {
                remember(setting, valuesIn(properties, setting), Origin.file(file.toString()));
            }
            systemProperties.put(ParalliteJsonSource.LOCATION, file.toString());
        } else if (asked != null) {
            warnings.add(file + " does not exist; defaults are used");
        }
    }

    /** The file that is read when {@code asked} is given; absolute, whether it exists or not. */
    static Path fileOf(@Nullable Path asked) {
        return (asked == null ? Path.of(DEFAULT_FILE) : asked).toAbsolutePath();
    }

    /** The file that was read, where there is one. */
    Optional<Path> file() {
        return Optional.ofNullable(systemProperties.get(ParalliteJsonSource.LOCATION))
                .map(Path::of);
    }

    private static List<String> valuesIn(Map<String, String> properties, Setting setting) {
        if (!setting.isList()) {
            return Optional.ofNullable(properties.get(setting.property())).stream().toList();
        }
        String element = setting.property() + "[";
        return properties.entrySet().stream()
                .filter(property -> property.getKey().startsWith(element))
                .map(Map.Entry::getValue)
                .toList();
    }

    private void addEnvironment(Map<String, String> environment) {
        for (Setting setting : Setting.values()) {
            String value = environment.get(setting.variable());
            if (value != null && !setting.isIgnored()) {
                check(setting, value, Origin.environment(setting.variable()));
            }
        }
    }

    /**
     * Warns of variables that look like mistyped settings. Other variables that begin with {@code
     * PARALLITE_} may belong to somebody else: Kubernetes makes {@code PARALLITE_PORT} for a
     * service of that name.
     */
    private void warnOfUnknown(Set<String> names) {
        List<String> known = Arrays.stream(Setting.values()).map(Setting::variable).toList();
        for (String name : names) {
            if (name.startsWith("PARALLITE_") && !known.contains(name)) {
                Nearest.to(name, known, 2)
                        .ifPresent(
                                near ->
                                        warnings.add(
                                                "environment variable %s is unknown and has no effect; did you mean %s?"
                                                        .formatted(name, near)));
            }
        }
    }

    private void addFlags(Map<Setting, String> flags) {
        flags.forEach(
                (setting, value) -> {
                    if (!setting.isUnsetBy(value) && !isMissing(setting, value)) {
                        check(setting, value, Origin.flag(setting.flag()));
                        systemProperties.put(setting.property(), value);
                    }
                });
    }

    /**
     * Whether a flag names a worker script that is not there. Clients written for the Go daemon
     * give one wherever a package manager might have put it.
     */
    private boolean isMissing(Setting setting, String script) {
        if (setting != Setting.WORKER_SCRIPT || Check.problemWithPath(script).isPresent()) {
            return false;
        }
        Path base = Path.of(systemProperties.getOrDefault(ParalliteJsonSource.LOCATION, ""));
        if (Files.isRegularFile(Path.of(script))
                || Files.isRegularFile(base.resolveSibling(script))) {
            return false;
        }
        warnings.add(
                "%s=%s does not exist and has no effect: the worker script is looked for as without the flag"
                        .formatted(setting.flag(), script));
        return true;
    }

    private void check(Setting setting, String value, Origin origin) {
        setting.problemWith(value, origin.described())
                .ifPresentOrElse(
                        problems::add, () -> remember(setting, split(setting, value), origin));
    }

    /** The elements of a list, separated by commas, as SmallRye Config has it. */
    private static List<String> split(Setting setting, String value) {
        return setting.isList() ? List.of(value.split(",")) : List.of(value);
    }

    private void remember(Setting setting, List<String> values, Origin origin) {
        if (values.stream().anyMatch(value -> !value.isEmpty())) {
            given.put(setting, new SettingValue(setting, values, origin));
        }
    }

    private void checkTogether() {
        long fixed = fixedWorkers();
        Optional<Long> max = number(Setting.MAX_WORKERS);
        if (max.isPresent() && fixed > max.get()) {
            problems.add(
                    "fixed_workers=%d exceeds max_workers=%d; raise max_workers or lower fixed_workers"
                            .formatted(fixed, max.get()));
        }
        if (given.containsKey(Setting.POOLS) && problems.isEmpty()) {
            problems.addAll(pools().problemsTogether(InMemoryConfig.valuesOf(this::values)));
        }
        if (given.containsKey(Setting.CLUSTER_URL)) {
            new ClusterChecks(this::value).addTo(problems);
        }
        if (given.containsKey(Setting.OTEL_HEADERS)
                && value(Setting.OTEL_ENDPOINT)
                        .filter(url -> !OtelEndpoint.parse(url).isPrivate())
                        .isPresent()) {
            problems.add(
                    "otel_headers would go over the network in clear text; use https:// in otel_endpoint");
        }
        try {
            var _ = listenSettings();
        } catch (ConfigException e) {
            problems.add(e.getMessage());
        }
    }

    private NamedPools pools() {
        return NamedPools.in(InMemoryConfig.valuesOf(this::values));
    }

    private ListenSettings listenSettings() {
        return ListenSettings.of(
                setting ->
                        Optional.ofNullable(given.get(setting))
                                .map(SettingValue::values)
                                .orElse(List.of()));
    }

    private Optional<Long> number(Setting setting) {
        return value(setting).map(text -> Long.parseLong(text.strip()));
    }

    private Optional<String> value(Setting setting) {
        return Optional.ofNullable(given.get(setting))
                .map(SettingValue::text)
                .or(setting::byDefault);
    }

    /** Host and port to serve HTTP at; empty when none is served. */
    public Optional<ListenAddress.Tcp> http() {
        int port = number(Setting.HTTP_PORT).orElse(0L).intValue();
        return port == 0
                ? Optional.empty()
                : value(Setting.HTTP_HOST).map(host -> new ListenAddress.Tcp(host, port));
    }

    /** How many persistent workers the daemon starts with. */
    public long fixedWorkers() {
        Optional<Integer> most = number(Setting.MAX_WORKERS).map(Math::toIntExact);
        return value(Setting.FIXED_WORKERS)
                .map(WorkerCount::parse)
                .map(count -> count.within(most))
                .orElseThrow();
    }

    /** How many persistent workers it starts with in all pools. */
    public long fixedWorkersOfAll() {
        return fixedWorkers()
                + effectiveInPools().values().stream()
                        .mapToLong(LaunchSettings::fixedWorkersIn)
                        .sum();
    }

    private static int fixedWorkersIn(Map<Setting, SettingValue> pool) {
        WorkerCount count = WorkerCount.parse(text(pool, Setting.FIXED_WORKERS));
        return count.within(Optional.of(Integer.parseInt(text(pool, Setting.MAX_WORKERS).strip())));
    }

    private static String text(Map<Setting, SettingValue> pool, Setting setting) {
        return Objects.requireNonNull(pool.get(setting)).text();
    }

    /** The configured size of the result cache in bytes; empty when it is the default. */
    public Optional<Long> chosenResultCacheBytes() {
        return given.containsKey(Setting.RESULT_CACHE_BYTES)
                ? number(Setting.RESULT_CACHE_BYTES)
                : Optional.empty();
    }

    /** What counts for each setting, in the order of {@link Setting}. */
    public List<SettingValue> effective() {
        return Arrays.stream(Setting.values())
                .filter(setting -> !setting.isIgnored())
                .map(setting -> given.getOrDefault(setting, byDefault(setting)))
                .toList();
    }

    /** What counts for each setting in a pool, for the pools by name; see {@link NamedPools}. */
    public Map<String, Map<Setting, SettingValue>> effectiveInPools() {
        Map<String, Map<Setting, SettingValue>> pools = new LinkedHashMap<>();
        SettingValue given = this.given.get(Setting.POOLS);
        if (given != null) {
            pools().own()
                    .forEach(
                            (name, own) -> {
                                Map<Setting, SettingValue> values = new EnumMap<>(Setting.class);
                                effective().forEach(value -> values.put(value.setting(), value));
                                values.put(
                                        Setting.FIXED_WORKERS,
                                        new SettingValue(
                                                Setting.FIXED_WORKERS,
                                                NamedPools.NO_WORKERS,
                                                Origin.DEFAULT));
                                own.forEach(
                                        (setting, texts) ->
                                                values.put(
                                                        setting,
                                                        new SettingValue(
                                                                setting, texts, given.origin())));
                                pools.put(name, values);
                            });
        }
        return pools;
    }

    /** Where the values come from that are given. */
    Map<Setting, Origin> origins() {
        Map<Setting, Origin> origins = new EnumMap<>(Setting.class);
        given.forEach((setting, value) -> origins.put(setting, value.origin()));
        return origins;
    }

    /** The value given for {@code setting}, or its plain default; empty without either. */
    List<String> values(Setting setting) {
        return Optional.ofNullable(given.get(setting))
                .map(SettingValue::values)
                .orElseGet(
                        () ->
                                setting.byDefault().filter(text -> !text.isEmpty()).stream()
                                        .toList());
    }

    private SettingValue byDefault(Setting setting) {
        Optional<String> value =
                switch (setting) {
                    case SOCKET -> Optional.of(ListenAddress.byDefault());
                    case MAX_WORKERS ->
                            Optional.of(fixedWorkers())
                                    .map(
                                            fixed ->
                                                    Math.max(
                                                            fixed,
                                                            ParalliteConfig.DEFAULT_MAX_WORKERS))
                                    .map(String::valueOf);
                    case QUEUE_TIMEOUT_MS -> value(Setting.TIMEOUT_MS);
                    default -> setting.byDefault().filter(text -> !text.isEmpty());
                };
        return new SettingValue(setting, value.stream().toList(), Origin.DEFAULT);
    }

    /**
     * Sets the system properties that Quarkus reads when it starts.
     *
     * @param httpConnections how many HTTP may have at a time
     */
    public void apply(int httpConnections) {
        http().ifPresent(
                        address -> {
                            systemProperties.put("quarkus.http.host-enabled", "true");
                            systemProperties.put("quarkus.http.port", "" + address.port());
                            systemProperties.put("quarkus.http.host", address.host());
                            // admin.HttpConnections keeps to half of it
                            systemProperties.put(
                                    "quarkus.http.limits.max-connections",
                                    "" + 2 * httpConnections);
                        });
        if (value(Setting.DEBUG_LOGS).filter("true"::equals).isPresent()) {
            systemProperties.put("quarkus.log.category.\"io.parallite\".level", "DEBUG");
        }
        systemProperties.forEach(System::setProperty);
    }
}
