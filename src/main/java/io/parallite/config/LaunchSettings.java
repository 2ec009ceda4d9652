package io.parallite.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Flags, environment and file, checked before anything is started; {@link #apply} makes them known
 * to SmallRye Config, which has the last word on what is effective.
 */
public final class LaunchSettings {

    private static final String DEFAULT_FILE = "parallite.json";

    private final Map<String, String> systemProperties = new LinkedHashMap<>();
    private final Map<Setting, String> effective = new HashMap<>();

    private LaunchSettings() {}

    /**
     * Checks every value that is given.
     *
     * @param file the file that was asked for; {@code parallite.json} is read when it is there
     * @throws ConfigException for the first that is not valid
     */
    public static LaunchSettings check(@Nullable Path file, Map<Setting, String> flags) {
        LaunchSettings settings = new LaunchSettings();
        settings.addFile(file);
        settings.addEnvironment(System.getenv());
        warnOfUnknown(System.getenv().keySet());
        settings.addFlags(flags);
        settings.checkTogether();
        return settings;
    }

    private void addFile(@Nullable Path asked) {
        Path file = (asked == null ? Path.of(DEFAULT_FILE) : asked).toAbsolutePath();
        if (Files.exists(file)) {
            Map<String, String> properties = ParalliteJson.read(file);
            for (Setting setting : Setting.values()) {
                remember(setting, properties.get(setting.property()));
            }
            systemProperties.put(ParalliteJsonSource.LOCATION, file.toString());
        } else if (asked != null) {
            System.err.println("parallite: " + file + " does not exist; defaults are used");
        }
    }

    private void addEnvironment(Map<String, String> environment) {
        for (Setting setting : Setting.values()) {
            String value = environment.get(setting.variable());
            if (value != null && !setting.isList() && !setting.isIgnored()) {
                setting.check(value, "environment variable " + setting.variable());
                remember(setting, value);
            }
        }
    }

    /**
     * Says when a variable looks like a mistyped setting. Others that begin with {@code PARALLITE_}
     * are not ours to judge: Kubernetes makes {@code PARALLITE_PORT} for a service of that name.
     */
    private static void warnOfUnknown(Set<String> names) {
        List<String> known = Arrays.stream(Setting.values()).map(Setting::variable).toList();
        for (String name : names) {
            if (name.startsWith("PARALLITE_") && !known.contains(name)) {
                Nearest.to(name, known, 2)
                        .ifPresent(
                                near ->
                                        System.err.printf(
                                                "parallite: environment variable %s is unknown and has no effect; did you mean %s?%n",
                                                name, near));
            }
        }
    }

    private void addFlags(Map<Setting, String> flags) {
        flags.forEach(
                (setting, value) -> {
                    setting.check(value, "flag " + setting.flag());
                    remember(setting, value);
                    systemProperties.put(setting.property(), value);
                });
    }

    private void remember(Setting setting, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            effective.put(setting, value);
        }
    }

    private void checkTogether() {
        long fixed = number(Setting.FIXED_WORKERS).orElseThrow();
        Optional<Long> max = number(Setting.MAX_WORKERS);
        if (max.isPresent() && fixed > max.get()) {
            throw new ConfigException(
                    "fixed_workers=%d exceeds max_workers=%d; raise max_workers or lower fixed_workers"
                            .formatted(fixed, max.get()));
        }
    }

    private Optional<Long> number(Setting setting) {
        return value(setting).map(text -> Long.parseLong(text.strip()));
    }

    private Optional<String> value(Setting setting) {
        return Optional.ofNullable(effective.get(setting)).or(setting::byDefault);
    }

    /** Sets the system properties that Quarkus reads when it starts. */
    public void apply() {
        if (number(Setting.HTTP_PORT).orElse(0L) > 0) {
            systemProperties.put("quarkus.http.host-enabled", "true");
            systemProperties.put("quarkus.http.port", value(Setting.HTTP_PORT).orElseThrow());
            systemProperties.put("quarkus.http.host", value(Setting.HTTP_HOST).orElseThrow());
        }
        if (value(Setting.DEBUG_LOGS).filter("true"::equals).isPresent()) {
            systemProperties.put("quarkus.log.category.\"io.parallite\".level", "DEBUG");
        }
        systemProperties.forEach(System::setProperty);
    }
}
