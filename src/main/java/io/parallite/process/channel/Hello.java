package io.parallite.process.channel;

import io.parallite.wire.Encoding;
import io.parallite.wire.RequestException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The first frame of a worker that connects back: {@code {"type":"hello", "token":…, "features":
 * ["events", "cancel"], …}}.
 *
 * @param token the one-time token it was started with; empty when the frame holds none
 * @param features what it can do beyond running tasks; those that the daemon does not know are kept
 */
record Hello(String token, Set<String> features) {

    /** A worker cannot have the daemon keep more than this. */
    private static final int MAX_FEATURES = 32;

    /** Reads a frame; one that is no hello has an empty token. */
    static Hello of(byte[] frame) {
        try {
            Map<String, Object> fields = Encoding.of(frame).decodeAll(frame);
            return new Hello(
                    fields.get("token") instanceof String token ? token : "",
                    features(fields.get("features")));
        } catch (RequestException e) {
            return new Hello("", Set.of());
        }
    }

    private static Set<String> features(@Nullable Object listed) {
        Set<String> features = new LinkedHashSet<>();
        if (listed instanceof List<?> list) {
            for (Object feature : list.subList(0, Math.min(list.size(), MAX_FEATURES))) {
                if (feature instanceof String name) {
                    features.add(name);
                }
            }
        }
        return Set.copyOf(features);
    }
}
