package io.parallite.tracing;

import io.opentelemetry.sdk.trace.IdGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Random ids, but for a span whose id a worker was told before the span is made. Owned by the
 * engine's thread.
 */
final class PresetIds implements IdGenerator {

    private final IdGenerator random = IdGenerator.random();
    private @Nullable String next;

    /** The next span is the one of this id. */
    void expect(String spanId) {
        next = spanId;
    }

    @Override
    public String generateSpanId() {
        String preset = next;
        next = null;
        return preset == null ? random.generateSpanId() : preset;
    }

    @Override
    public String generateTraceId() {
        return random.generateTraceId();
    }
}
