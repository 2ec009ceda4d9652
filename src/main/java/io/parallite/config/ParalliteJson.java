package io.parallite.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Reads {@code parallite.json}: one object of settings, as {@link SettingsReader} has it. */
public final class ParalliteJson {

    private static final JsonFactory JSON =
            JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private final Path file;
    private final Consumer<String> problems;
    private final Map<String, String> properties = new LinkedHashMap<>();

    private ParalliteJson(Path file, Consumer<String> problems) {
        this.file = file;
        this.problems = problems;
    }

    /**
     * The properties of a file; a list {@code x} of two becomes {@code parallite.x[0]} and {@code
     * parallite.x[1]}.
     *
     * @throws ConfigException when it cannot be read, is not JSON, or holds an unknown key or a bad
     *     value: with the first of these
     */
    public static Map<String, String> read(Path file) {
        List<String> problems = new ArrayList<>();
        Map<String, String> properties = read(file, problems::add);
        if (!problems.isEmpty()) {
            throw new ConfigException(problems.getFirst());
        }
        return properties;
    }

    /**
     * The properties of a file that are good, as {@link #read(Path)} has them.
     *
     * @param problems gets a sentence for everything that is wrong, in the order of the file
     */
    public static Map<String, String> read(Path file, Consumer<String> problems) {
        ParalliteJson json = new ParalliteJson(file, problems);
        try (JsonParser parser = JSON.createParser(Files.readAllBytes(file))) {
            json.readObject(parser);
        } catch (JsonProcessingException e) {
            problems.accept(
                    "%s is not valid JSON at line %d, column %d: %s"
                            .formatted(
                                    file,
                                    e.getLocation().getLineNr(),
                                    e.getLocation().getColumnNr(),
                                    e.getOriginalMessage()));
        } catch (IOException e) {
            problems.accept(
                    "%s cannot be read: %s: %s"
                            .formatted(file, e.getClass().getSimpleName(), e.getMessage()));
        }
        return json.properties;
    }

    private void readObject(JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            problems.accept(file + " is not a JSON object; write {\"fixed_workers\": 4}");
            return;
        }
        SettingsReader.read(parser, file.toString(), problems).forEach(this::keep);
        if (parser.currentToken() != JsonToken.END_OBJECT || parser.nextToken() != null) {
            problems.accept(file + " goes on behind its JSON object; remove the rest");
        }
    }

    private void keep(Setting setting, List<String> values) {
        if (setting.isList()) {
            for (int i = 0; i < values.size(); i++) {
                properties.put("%s[%d]".formatted(setting.property(), i), values.get(i));
            }
            return;
        }
        String value = values.getFirst();
        properties.put(
                setting.property(),
                setting.isFile() ? file.resolveSibling(value).toString() : value);
    }
}
