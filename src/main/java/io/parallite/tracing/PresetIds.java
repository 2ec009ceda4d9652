package io.parallite.tracing;

import io.opentelemetry.sdk.trace.IdGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Generates random ids, except for a span whose id was sent to a worker before the span is made.
 * Owned by the engine's thread.
 */
final class PresetIds implements IdGenerator {

    private final IdGenerator random = IdGenerator.random();
    private @Nullable String next;

    /** Gives the next span this id. */
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
