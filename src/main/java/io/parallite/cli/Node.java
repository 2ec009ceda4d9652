package io.parallite.cli;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * A place in an answer, where there may be nothing: older and newer daemons leave fields out.
 *
 * @param value what {@link Json} has read, or null
 */
record Node(@Nullable Object value) {

    /** Nothing. */
    static final Node ABSENT = new Node(null);

    /** The field of a map; an absent node when there is no such field or this is no map. */
    Node at(String field) {
        return value instanceof Map<?, ?> map && map.get(field) != null
                ? new Node(map.get(field))
                : ABSENT;
    }

    boolean isPresent() {
        return value != null;
    }

    /** The elements of a list; none when this is none. */
    List<Node> elements() {
        return value instanceof List<?> list
                ? list.stream().<Node>map(Node::new).toList()
                : List.of();
    }

    Optional<String> text() {
        return value instanceof String text ? Optional.of(text) : Optional.empty();
    }

    OptionalDouble number() {
        return value instanceof Number number
                ? OptionalDouble.of(number.doubleValue())
                : OptionalDouble.empty();
    }

    /** A whole number, 0 when there is none. */
    long whole() {
        return (long) number().orElse(0);
    }

    boolean isTrue() {
        return Boolean.TRUE.equals(value);
    }
}
