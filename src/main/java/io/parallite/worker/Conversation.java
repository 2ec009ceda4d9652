package io.parallite.worker;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.process.WorkerChannel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is said over a worker's channel about the task that it runs: the request, notices to the
 * worker while the task runs, and when to listen no longer.
 *
 * <p>There is an {@link Exchange} in it from {@link #begin} to {@link #finish}; without one all
 * else does nothing. Owned by the engine's thread.
 */
public final class Conversation {

    /** How long the reply to a task that is done may take to arrive. */
    public static final Duration LATENESS = Duration.ofSeconds(1);

    private final Deadline deadline;
    private @Nullable WorkerChannel channel;
    private @Nullable Exchange exchange;
    private boolean paused;

    /**
     * @param onTimeout told when the task has run for longer than it may
     */
    Conversation(Engine engine, Runnable onTimeout) {
        this.deadline = new Deadline(engine, onTimeout);
    }

    /** The worker can be talked to. */
    void open(WorkerChannel opened) {
        channel = opened;
    }

    /** The exchange that goes on; {@code null} when the worker has no task. */
    @Nullable Exchange exchange() {
        return exchange;
    }

    /** The field is read without a lock on purpose: a log line a moment late is good enough. */
    @Nullable String taskId() {
        Exchange current = exchange;
        return current == null ? null : current.taskId();
    }

    /**
     * Sends the worker its task; {@code false} when it has one already, or is not ready.
     *
     * @param hasFrame whether the worker has its frame already
     */
    boolean begin(Exchange begun, boolean hasFrame) {
        if (exchange != null || channel == null) {
            return false;
        }
        exchange = begun;
        deadline.arm(begun.timeout());
        if (hasFrame) {
            begun.onPrefetched();
        } else {
            channel.write(begun.request());
        }
        if (begun.wantsOutput()) {
            follow();
        }
        return true;
    }

    /** Ends the exchange, and gives it: who waits for it is still to be told. */
    @Nullable Exchange finish() {
        Exchange finished = exchange;
        exchange = null;
        resume();
        deadline.disarm();
        return finished;
    }

    /** The worker is done with its task: its reply must be here soon. */
    void awaitReply() {
        deadline.arm(LATENESS);
    }

    /** The worker is gone. */
    void close() {
        deadline.close();
    }

    /** Has the task tell what it prints, if the worker can; see {@link WorkerLease}. */
    void follow() {
        if (exchange != null && !exchange.isUnwanted() && listensTo("follow")) {
            write(exchange.follow());
        }
    }

    /**
     * Gives the task {@code grace} to end, telling it so if it listens; see {@link WorkerLease}.
     */
    void cancel(Duration grace) {
        if (exchange == null || exchange.isUnwanted()) {
            return;
        }
        byte[] notice = exchange.cancel();
        resume();
        if (listensTo("cancel")) {
            write(notice);
        }
        Duration left = deadline.left();
        deadline.arm(left.compareTo(grace) < 0 ? left : grace);
    }

    private boolean listensTo(String notice) {
        return channel != null && channel.features().contains(notice);
    }

    private void write(byte[] frame) {
        if (channel != null) {
            channel.write(frame);
        }
    }

    /** Reads nothing from the process until {@link #resume}, or until its task has ended. */
    void pause() {
        if (exchange != null && channel != null && !paused) {
            paused = true;
            channel.pause();
        }
    }

    /** Reads from the process again. */
    void resume() {
        if (channel != null && paused) {
            paused = false;
            channel.resume();
        }
    }
}
