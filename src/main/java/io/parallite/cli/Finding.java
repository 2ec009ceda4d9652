package io.parallite.cli;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code doctor} has seen of one thing.
 *
 * @param advice what to do about it; empty when it is well
 */
record Finding(Level level, String topic, String text, String advice) {

    /** How well it is. */
    enum Level {
        OK,
        /** It works, but less well or less safely than it could. */
        WARN,
        /** A daemon would not start, or would not run tasks. */
        FAIL;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static Finding ok(String topic, String text) {
        return new Finding(Level.OK, topic, text, "");
    }

    static Finding warn(String topic, String text, String advice) {
        return new Finding(Level.WARN, topic, text, advice);
    }

    static Finding fail(String topic, String text, String advice) {
        return new Finding(Level.FAIL, topic, text, advice);
    }

    /** The finding that {@link #tree} was made of. */
    static Finding of(Node tree) {
        return new Finding(
                Level.valueOf(tree.at("level").text().orElseThrow().toUpperCase(Locale.ROOT)),
                tree.at("topic").text().orElseThrow(),
                tree.at("text").text().orElse(""),
                tree.at("advice").text().orElse(""));
    }

    /** The same, of {@code place}. */
    Finding in(String place) {
        return new Finding(level, place, topic + ": " + text, advice);
    }

    Map<String, Object> tree() {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("level", level.word());
        tree.put("topic", topic);
        tree.put("text", text);
        if (!advice.isEmpty()) {
            tree.put("advice", advice);
        }
        return tree;
    }
}
