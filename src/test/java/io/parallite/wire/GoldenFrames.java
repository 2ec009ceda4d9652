package io.parallite.wire;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The frames that the Java and the PHP tests share; see the README beside them. */
final class GoldenFrames {

    private static final Path DIRECTORY = Path.of("src/test/frames");

    /**
     * One frame of a case.
     *
     * @param verdict the first line of what is expected
     * @param fields what is in it
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Golden(String name, byte[] frame, String verdict, Map<String, Object> fields) {

        boolean isRequest() {
            return !isReply() && !isEvent() && !isRefused();
        }

        boolean isEvent() {
            return verdict.equals("event");
        }

        boolean isReply() {
            return verdict.equals("reply");
        }

        boolean isRefused() {
            return verdict.startsWith("refused ");
        }

        boolean isMalformed() {
            return verdict.equals("refused MALFORMED_FRAME");
        }

        @Nullable Object field(String field) {
            return fields.get(field);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private GoldenFrames() {}

    /** Every case in both encodings. */
    static Stream<Golden> all() {
        try (Stream<Path> files = Files.list(DIRECTORY)) {
            List<Golden> all =
                    files.map(path -> path.getFileName().toString())
                            .filter(name -> name.endsWith(".txt"))
                            .map(name -> name.substring(0, name.length() - ".txt".length()))
                            .sorted()
                            .flatMap(name -> Stream.of("json", "msgpack").map(e -> read(name, e)))
                            .toList();
            return all.stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<Golden> wellFormed() {
        return all().filter(golden -> !golden.isMalformed());
    }

    /** The frame of a case in one encoding, {@code json} or {@code msgpack}. */
    static Golden read(String name, String encoding) {
        try {
            byte[] body = Files.readAllBytes(DIRECTORY.resolve(name + "." + encoding));
            List<String> expected = Files.readAllLines(DIRECTORY.resolve(name + ".txt"));
            return new Golden(
                    name + "." + encoding,
                    TestFrames.frame(body),
                    expected.getFirst(),
                    fields(expected.subList(1, expected.size())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Object> fields(List<String> lines) {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (String line : lines) {
            String[] parts = line.split(" = ", 2);
            fields.put(parts[0], value(parts[1]));
        }
        return fields;
    }

    private static @Nullable Object value(String json) {
        return new JsonObject("{\"value\":" + json + "}").getMap().get("value");
    }
}
