package io.parallite;

import io.parallite.config.ConfigException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a native executable takes of {@code PARALLITE_JAVA_OPTS}.
 *
 * @param maxHeap bytes, by {@code -Xmx}
 * @param properties by {@code -Dname=value}
 * @param ignored the other options, which only a JVM has
 */
record NativeOptions(OptionalLong maxHeap, Map<String, String> properties, List<String> ignored) {

    static final String VARIABLE = "PARALLITE_JAVA_OPTS";

    private static final String HEAP = "-Xmx";
    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})([kKmMgG]?)");
    private static final Pattern PROPERTY = Pattern.compile("-D([^=]+)=?(.*)");

    NativeOptions {
        properties = Map.copyOf(properties);
        ignored = List.copyOf(ignored);
    }

    /**
     * The options in {@code text}, words with blanks between them; the last of several counts.
     *
     * @throws ConfigException when {@code -Xmx} is followed by no size
     */
    static NativeOptions parse(String text) {
        OptionalLong maxHeap = OptionalLong.empty();
        Map<String, String> properties = new LinkedHashMap<>();
        List<String> ignored = new ArrayList<>();
        for (String word :
                text.isBlank() ? List.<String>of() : List.of(text.strip().split("\\s+"))) {
            Matcher property = PROPERTY.matcher(word);
            if (word.startsWith(HEAP)) {
                maxHeap = OptionalLong.of(bytes(word));
            } else if (property.matches()) {
                properties.put(property.group(1), property.group(2));
            } else {
                ignored.add(word);
            }
        }
        return new NativeOptions(maxHeap, properties, ignored);
    }

    private static long bytes(String option) {
        Matcher size = SIZE.matcher(option.substring(HEAP.length()));
        if (!size.matches()) {
            throw new ConfigException(
                    "%s in %s is no size; give it one like -Xmx512m".formatted(option, VARIABLE));
        }
        int shift =
                switch (size.group(2)) {
                    case "k", "K" -> 10;
                    case "m", "M" -> 20;
                    case "g", "G" -> 30;
                    default -> 0;
                };
        return Long.parseLong(size.group(1)) << shift;
    }
}
