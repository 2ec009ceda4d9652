package io.parallite.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A Dockerfile's instructions, as far as its own needs go: lines joined, comments left out.
 *
 * @param instructions such as {@code USER 33:33}
 */
public record Dockerfile(List<String> instructions) {

    public static Dockerfile read(Path file) {
        try {
            String text =
                    Files.readString(file)
                            .replaceAll("(?m)^\\s*#.*\n", "")
                            .replaceAll("\\\\\n\\s*", "");
            return new Dockerfile(text.lines().filter(line -> !line.isBlank()).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What follows {@code name} in each of these instructions. */
    public List<String> all(String name) {
        return instructions.stream()
                .filter(line -> line.startsWith(name + " "))
                .map(line -> line.substring(name.length() + 1).strip())
                .toList();
    }

    /** What follows the last of these instructions, the one that counts. */
    public String last(String name) {
        return all(name).getLast();
    }

    /** The sources of a {@code COPY}'s arguments, without its options and its target. */
    public static List<String> sources(String copy) {
        List<String> words =
                Stream.of(copy.split("\\s+")).filter(word -> !word.startsWith("--")).toList();
        return words.subList(0, words.size() - 1);
    }
}
