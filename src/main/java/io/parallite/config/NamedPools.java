package io.parallite.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * The value of {@code pools}: pools of workers beside the one that is configured at the top level,
 * which is called {@value #DEFAULT}.
 *
 * <p>A setting that a pool does not have is inherited from the top level, except {@code
 * fixed_workers}: such a pool has none, and its workers start on demand. Immutable.
 *
 * @param own the settings of each pool itself by its name, as texts
 */
public record NamedPools(Map<String, Map<Setting, List<String>>> own) {

    /** The pool of tasks that name none. */
    public static final String DEFAULT = "default";

    /** What a pool may be called. */
    static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,31}");

    private static final Set<Setting> OF_POOLS =
            EnumSet.of(
                    Setting.FIXED_WORKERS,
                    Setting.MAX_WORKERS,
                    Setting.TIMEOUT_MS,
                    Setting.DIRECTORY,
                    Setting.WORKER_SCRIPT,
                    Setting.WORKER_START,
                    Setting.ISOLATION,
                    Setting.READY_MEMORY_MB,
                    Setting.PHP_INCLUDES,
                    Setting.BOOTSTRAP,
                    Setting.PHP_BINARY,
                    Setting.PHP_OPTIONS,
                    Setting.MAX_QUEUE,
                    Setting.QUEUE_TIMEOUT_MS,
                    Setting.START_TIMEOUT_MS,
                    Setting.WORKER_MAX_TASKS,
                    Setting.WORKER_MAX_MEMORY_MB,
                    Setting.WORKER_TTL_MS,
                    Setting.WORKER_IDLE_MS,
                    Setting.SLOW_TASK_MS,
                    Setting.WORKER_NICE,
                    Setting.WORKER_IONICE,
                    Setting.WORKER_MEMORY_MAX,
                    Setting.WORKER_CPU_WEIGHT);

    private static final JsonFactory JSON =
            JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    /** The {@code fixed_workers} of a pool that does not set it. */
    static final List<String> NO_WORKERS = List.of(WorkerCount.NONE);

    private static final NamedPools NONE = new NamedPools(Map.of());

    public NamedPools {
        own = Collections.unmodifiableMap(new LinkedHashMap<>(own));
    }

    /**
     * The pools of a text that is good.
     *
     * @throws ConfigException when it is not
     */
    static NamedPools of(String text) {
        List<String> problems = new ArrayList<>();
        NamedPools pools = read(text, "pools", problems::add);
        if (!problems.isEmpty()) {
            throw new ConfigException(problems.getFirst());
        }
        return pools;
    }

    /** The pools among the values of a configuration that is good. */
    static NamedPools in(Map<Setting, List<String>> values) {
        List<String> text = values.getOrDefault(Setting.POOLS, List.of());
        return text.isEmpty() ? NONE : of(text.getFirst());
    }

    /** The first thing that is wrong with {@code text}. */
    static Optional<String> problemWith(String text, String source) {
        List<String> problems = new ArrayList<>();
        read(text, source, problems::add);
        return problems.stream().findFirst();
    }

    private static NamedPools read(String text, String source, Consumer<String> problems) {
        try (JsonParser parser = JSON.createParser(text)) {
            parser.nextToken();
            NamedPools pools = new NamedPools(SettingsReader.readPools(parser, source, problems));
            if (parser.nextToken() != null) {
                problems.accept("pools in %s goes on behind its JSON object".formatted(source));
            }
            return pools;
        } catch (JsonProcessingException e) {
            problems.accept(
                    "pools in %s is not valid JSON at column %d: %s"
                            .formatted(
                                    source, e.getLocation().getColumnNr(), e.getOriginalMessage()));
            return NONE;
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a text is read
        }
    }

    /** The error in the name of a pool. */
    static Optional<String> problemWithName(String name) {
        if (name.equals(DEFAULT)) {
            return Optional.of(
                    "the pool \"default\" is what is set outside of pools; set it there");
        }
        return NAME.matcher(name).matches()
                ? Optional.empty()
                : Optional.of(
                        "call a pool by 1 to 32 lower-case letters, digits, dashes and underscores");
    }

    /** Whether a pool may set this for itself. */
    static boolean mayHave(Setting setting) {
        return OF_POOLS.contains(setting);
    }

    /** As JSON, by which two of them can be compared. */
    String text() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            for (Map.Entry<String, Map<String, Object>> pool : json().entrySet()) {
                json.writeObjectFieldStart(pool.getKey());
                for (Map.Entry<String, Object> value : pool.getValue().entrySet()) {
                    json.writeFieldName(value.getKey());
                    write(json, value.getValue());
                }
                json.writeEndObject();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a text is written
        }
        return text.toString();
    }

    private static void write(JsonGenerator json, Object value) throws IOException {
        switch (value) {
            case Long number -> json.writeNumber(number);
            case Boolean flag -> json.writeBoolean(flag);
            case List<?> texts -> {
                json.writeStartArray();
                for (Object text : texts) {
                    json.writeString(text.toString());
                }
                json.writeEndArray();
            }
            default -> json.writeString(value.toString());
        }
    }

    /** The same as maps, lists and plain values. */
    Map<String, Map<String, Object>> json() {
        Map<String, Map<String, Object>> pools = new LinkedHashMap<>();
        own.forEach(
                (name, settings) -> {
                    Map<String, Object> values = new LinkedHashMap<>();
                    settings.forEach(
                            (setting, texts) ->
                                    values.put(
                                            setting.key(),
                                            setting.isList()
                                                    ? texts
                                                    : JsonSchema.typed(
                                                            setting.check(),
                                                            texts.getFirst().strip())));
                    pools.put(name, values);
                });
        return pools;
    }

    /**
     * The errors in pools as a whole, a sentence each. For commands, which have no SmallRye Config.
     */
    List<String> problemsTogether(Map<Setting, List<String>> top) {
        List<String> problems = new ArrayList<>();
        own.forEach(
                (name, settings) -> {
                    Optional<Integer> max =
                            number(settings, Setting.MAX_WORKERS)
                                    .or(() -> number(top, Setting.MAX_WORKERS));
                    int fixed = fixedWorkers(settings).within(max);
                    if (max.isPresent() && fixed > max.get()) {
                        problems.add(
                                "pools.%s: fixed_workers=%d exceeds max_workers=%d; raise max_workers or lower fixed_workers"
                                        .formatted(name, fixed, max.get()));
                    }
                });
        return problems;
    }

    private static Optional<Integer> number(Map<Setting, List<String>> values, Setting setting) {
        return Optional.ofNullable(values.get(setting))
                .map(texts -> Integer.parseInt(texts.getFirst().strip()));
    }

    private static WorkerCount fixedWorkers(Map<Setting, List<String>> own) {
        return WorkerCount.parse(
                String.join("", own.getOrDefault(Setting.FIXED_WORKERS, NO_WORKERS)));
    }

    /**
     * The configuration of each pool, by name.
     *
     * @param top the values outside of pools
     * @param file that they are from
     */
    Map<String, ParalliteConfig> configs(Map<Setting, List<String>> top, Optional<Path> file) {
        Map<String, ParalliteConfig> configs = new LinkedHashMap<>();
        own.forEach(
                (name, settings) -> {
                    Map<Setting, List<String>> merged = new EnumMap<>(Setting.class);
                    merged.putAll(top);
                    merged.put(Setting.FIXED_WORKERS, NO_WORKERS);
                    merged.put(Setting.PREFIX_NAME, List.of(prefix(top) + name));
                    merged.putAll(settings);
                    configs.put(
                            name,
                            InMemoryConfig.of(merged, file)
                                    .getConfigMapping(ParalliteConfig.class));
                });
        return configs;
    }

    /** What the names of all its workers begin with, before the name of the pool. */
    private static String prefix(Map<Setting, List<String>> top) {
        return String.join("", top.getOrDefault(Setting.PREFIX_NAME, List.of("work"))) + "-";
    }

    /** Whether other pools than {@code before}, or workers that come about in another way. */
    boolean needsRestart(NamedPools before) {
        return !fixedPart().equals(before.fixedPart());
    }

    private Map<String, List<Object>> fixedPart() {
        Map<String, List<Object>> part = new LinkedHashMap<>();
        own.forEach(
                (name, settings) ->
                        part.put(
                                name,
                                List.of(
                                        settings.getOrDefault(Setting.WORKER_START, List.of()),
                                        settings.getOrDefault(Setting.ISOLATION, List.of()))));
        return part;
    }
}
