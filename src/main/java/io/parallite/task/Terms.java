package io.parallite.task;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for about a task's way to its worker.
 *
 * @param pool whose workers run it; {@code null}: the default one's
 * @param isolation which worker it gets
 * @param priority when it gets one
 * @param queueTimeout how long it may wait for one at most; {@code null}: as long as any
 * @param endsWithClient whether it is cancelled when the connection that has submitted it closes
 * @param parent the task that has submitted it, and waits for it; {@code null}: a program has
 * @param delivery what a cluster is to do for it
 * @param shared the hashes of the values that it shares with other tasks
 * @param name what it is called for people; {@code null} when it has no name
 * @param traceparent the span that has submitted it; {@code null} when it belongs to no trace
 */
public record Terms(
        @Nullable String pool,
        Isolation isolation,
        Priority priority,
        @Nullable Duration queueTimeout,
        boolean endsWithClient,
        @Nullable TaskId parent,
        Delivery delivery,
        List<String> shared,
        @Nullable String name,
        @Nullable Traceparent traceparent) {

    /** Those of a task of which a cluster is asked nothing. */
    public Terms(
            Isolation isolation,
            Priority priority,
            @Nullable Duration queueTimeout,
            boolean endsWithClient,
            @Nullable TaskId parent) {
        this(
                null,
                isolation,
                priority,
                queueTimeout,
                endsWithClient,
                parent,
                Delivery.USUAL,
                List.of(),
                null,
                null);
    }

    /** Those of a task that asks for nothing. */
    public static final Terms USUAL = new Terms(Isolation.NONE, Priority.NORMAL, null, false, null);

    /** Those of a task that asks for nothing, and is cancelled when its client goes away. */
    public static final Terms ENDS_WITH_CLIENT =
            new Terms(Isolation.NONE, Priority.NORMAL, null, true, null);
}
