package io.parallite.task;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One unit of work: the client's {@code submit} frame and what the daemon had to know of it.
 *
 * @param id the client's name for it
 * @param frame the whole frame as received, length prefix included; never changed, sent to the
 *     worker byte for byte
 * @param fingerprint length and checksum of the payload, to tell a repeated submit from another
 *     task under the same id
 * @param timeout how long it may run, counted from dispatch; {@code null}: the daemon's default
 * @param detached whether its client wants no answer beyond the acknowledgement
 * @param terms what it asks for about its way to a worker
 */
@SuppressWarnings("ArrayRecordComponent") // identity is what is wanted: frames are never compared
public record Task(
        TaskId id,
        byte[] frame,
        long fingerprint,
        @Nullable Duration timeout,
        boolean detached,
        Terms terms) {

    /** A task that asks for nothing about its way to a worker. */
    public Task(
            TaskId id,
            byte[] frame,
            long fingerprint,
            @Nullable Duration timeout,
            boolean detached) {
        this(id, frame, fingerprint, timeout, detached, Terms.USUAL);
    }

    /** The same task with another frame. */
    public Task withFrame(byte[] other) {
        return new Task(id, other, fingerprint, timeout, detached, terms);
    }

    /** Which worker it gets. */
    public Isolation isolation() {
        return terms.isolation();
    }
}
