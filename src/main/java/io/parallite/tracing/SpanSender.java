package io.parallite.tracing;

import io.opentelemetry.exporter.internal.otlp.traces.TraceRequestMarshaler;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.parallite.engine.Guard;
import io.parallite.units.Texts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Sends spans in batches, every second or when one is full, on a thread of its own. A batch that
 * the receiver refuses is retried for 15 s, and then dropped. The log reports the first failure,
 * the number of dropped spans once a minute, and the recovery.
 */
final class SpanSender implements Runnable {

    private static final Logger LOG = Logger.getLogger(SpanSender.class);

    private static final Duration LINGER = Duration.ofSeconds(1);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final int TRIES = 5;
    private static final Duration BETWEEN_LINES = Duration.ofMinutes(1);

    private final SpanQueue queue;
    private final OtlpHttp receiver;
    private final Thread thread;
    private volatile boolean isStopping;
    private boolean isDown;
    private long lost;
    private @Nullable Long toldAt;

    private SpanSender(SpanQueue queue, OtlpHttp receiver) {
        this.queue = queue;
        this.receiver = receiver;
        this.thread = Thread.ofPlatform().daemon().name("parallite-spans").unstarted(this);
    }

    /** Starts to send the spans in {@code queue}. */
    static SpanSender start(SpanQueue queue, OtlpHttp receiver) {
        SpanSender sender = new SpanSender(queue, receiver);
        queue.wakeUp(sender.thread);
        sender.thread.start();
        LOG.infof("spans of tasks are sent endpoint=%s", receiver.url());
        return sender;
    }

    /**
     * Sends the remaining spans, and ends; spans that are not accepted within {@code patience} are
     * dropped.
     */
    void stop(Duration patience) {
        isStopping = true;
        LockSupport.unpark(thread);
        try {
            if (!thread.join(patience)) {
                LOG.warnf(
                        "spans could not be sent before the stop endpoint=%s spans=%d",
                        receiver.url(), queue.size());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void run() {
        while (!isStopping || queue.size() > 0) {
            if (!isStopping && queue.size() < SpanQueue.BATCH) {
                LockSupport.parkNanos(this, LINGER.toNanos());
            }
            Guard.run("sending spans", this::sendBatch);
        }
        if (lost > 0) {
            LOG.warnf("spans were lost endpoint=%s lost=%d", receiver.url(), lost);
        }
    }

    private void sendBatch() {
        List<SpanData> batch = queue.take();
        if (!batch.isEmpty()) {
            send(batch);
        }
        long dropped = queue.takeDropped();
        if (dropped > 0) {
            lost += dropped;
            report("more than %d spans wait".formatted(SpanQueue.CAPACITY));
        }
    }

    private void send(List<SpanData> batch) {
        byte[] request = request(batch);
        Duration pause = FIRST_PAUSE;
        for (int tries = 1; ; tries++) {
            Trouble trouble = post(request);
            if (trouble == null) {
                onTaken();
                return;
            }
            boolean isLast = trouble.isFinal() || isStopping || tries == TRIES;
            lost += isLast ? batch.size() : 0;
            onTrouble(trouble.why());
            if (isLast) {
                return;
            }
            pause(pause);
            pause = pause.multipliedBy(2);
        }
    }

    /**
     * Why a receiver has not accepted a request.
     *
     * @param isFinal whether a retry is useless
     */
    private record Trouble(String why, boolean isFinal) {}

    /** Why the receiver has not accepted a request; {@code null} when it has. */
    private @Nullable Trouble post(byte[] request) {
        try {
            int status = receiver.post(request);
            if (OtlpHttp.isTaken(status)) {
                return null;
            }
            return new Trouble("it answers %d".formatted(status), !OtlpHttp.isForLater(status));
        } catch (IOException | RuntimeException e) {
            return new Trouble(Texts.escape(String.valueOf(e.getMessage())), false);
        }
    }

    private static byte[] request(List<SpanData> batch) {
        TraceRequestMarshaler marshaler = TraceRequestMarshaler.create(batch);
        ByteArrayOutputStream out = new ByteArrayOutputStream(marshaler.getBinarySerializedSize());
        try {
            marshaler.writeBinaryTo(out);
        } catch (IOException e) {
            throw new IllegalStateException(e); // memory accepts all writes
        }
        return out.toByteArray();
    }

    /** Waits until the time is over, or the daemon stops. */
    private void pause(Duration pause) {
        long since = System.nanoTime();
        for (long left = pause.toNanos(); left > 0 && !isStopping; ) {
            LockSupport.parkNanos(this, left);
            left = pause.toNanos() - (System.nanoTime() - since);
        }
    }

    private void onTaken() {
        if (isDown) {
            isDown = false;
            LOG.infof("spans are sent again endpoint=%s lost=%d", receiver.url(), lost);
            lost = 0;
            toldAt = null;
        }
    }

    private void onTrouble(String why) {
        isDown = true;
        report(why);
    }

    private void report(String why) {
        long now = System.nanoTime();
        if (toldAt == null || now - toldAt >= BETWEEN_LINES.toNanos()) {
            toldAt = now;
            LOG.warnf("spans cannot be sent: %s endpoint=%s lost=%d", why, receiver.url(), lost);
        }
    }
}
