package io.parallite.cluster.store;

import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a {@link Script} replies: a text, a number or a list, of which any element may be nil. */
public record ScriptReply(@Nullable Response response) {

    private static final byte[] NO_BYTES = {};

    boolean isNil() {
        return response == null;
    }

    /** The value as a text; empty for nil. */
    String text() {
        return response == null ? "" : response.toString();
    }

    /** The value as a whole number; 0 for nil. */
    long whole() {
        String text = text();
        return text.isEmpty() ? 0 : Long.parseLong(text);
    }

    /** The value's bytes; none for nil. */
    byte[] bytes() {
        return response == null ? NO_BYTES : response.toBytes();
    }

    int size() {
        return response == null ? 0 : response.size();
    }

    /** An element of a list. */
    ScriptReply at(int index) {
        return new ScriptReply(response == null ? null : response.get(index));
    }

    /** The elements of a list; none for nil. */
    List<ScriptReply> elements() {
        List<ScriptReply> elements = new ArrayList<>(size());
        for (int i = 0; i < size(); i++) {
            elements.add(at(i));
        }
        return elements;
    }
}
