package io.parallite.worker;

import io.parallite.process.WorkerChannel;
import io.smallrye.mutiny.subscription.Cancellable;
import org.jspecify.annotations.Nullable;

/**
 * What a worker is doing, with everything that holds while it does.
 *
 * <pre>
 *                      lease          begin            cancelling
 *   Starting ──▶ Idle ──────▶ Leased ──────▶ Running ──────────────▶ Cancelling
 *                 ▲                            │  │                      │  │
 *                 │ release           answered │  │ outlived    outlived │  │
 *                 │                            │  └───────▶ Overdue ◀────┘  │
 *                 │                            ▼                │           │
 *                 └──────────────────────── Answered ◀──────────┴───────────┘
 *
 *   any of these ──▶ Ending ──▶ Gone        any of these ──▶ Gone
 * </pre>
 *
 * <p>A worker that has taken its next task by itself (see {@link WorkerChannel#prefetch}) says so
 * before it answers the present one: {@code tookNext} notes it in the states with a task, and
 * {@code hasNext} carries it to the next lease. The transitions are methods of the state they start
 * from, so that one that does not exist cannot be written. Owned by the engine's thread.
 */
sealed interface WorkerState {

    /** The states as snapshots and metrics show them. */
    enum Phase {
        STARTING,
        IDLE,
        BUSY,
        ENDING,
        GONE
    }

    Phase phase();

    /** The channel to the process; {@link NoChannel} before it is ready. It stays after the end. */
    WorkerChannel channel();

    /** The process boots; it has not said that it is ready. */
    record Starting(Cancellable launch) implements WorkerState {

        /** Before the process is launched. */
        static final Starting UNLAUNCHED = new Starting(() -> {});

        @Override
        public Phase phase() {
            return Phase.STARTING;
        }

        @Override
        public WorkerChannel channel() {
            return NoChannel.INSTANCE;
        }

        Idle ready(WorkerChannel opened) {
            return new Idle(opened, false);
        }
    }

    /**
     * Ready, and not leased.
     *
     * @param hasNext whether it already runs a task that it took by itself, and that is to be
     *     leased to it next
     */
    record Idle(WorkerChannel channel, boolean hasNext) implements WorkerState {

        @Override
        public Phase phase() {
            return Phase.IDLE;
        }

        Leased lease() {
            return new Leased(channel, hasNext);
        }
    }

    /** Leased: between {@link Idle#lease} and {@link Answered#release}. */
    sealed interface Busy extends WorkerState {

        @Override
        WorkerChannel channel();

        @Override
        default Phase phase() {
            return Phase.BUSY;
        }
    }

    /**
     * Leased, and its task not begun here.
     *
     * @param hasRequest whether the worker has the frame of that task already
     */
    record Leased(WorkerChannel channel, boolean hasRequest) implements Busy {

        Running begin(Exchange exchange) {
            return new Running(channel, exchange, false);
        }
    }

    /** Has a task, and its answer is still to come. */
    sealed interface AtTask extends Busy {

        Exchange exchange();

        /** Whether the worker has taken its next task by itself. */
        boolean tookNext();

        /** The same after the worker has taken its next task. */
        AtTask takingNext();

        default Answered answered() {
            return new Answered(channel(), tookNext());
        }

        /**
         * The worker is known to be done with the task, and its answer to be on the way.
         *
         * @param isAwaited whether the lease is held, to wait for the answer
         */
        default Overdue outlived(boolean isAwaited) {
            return new Overdue(channel(), exchange(), tookNext(), isAwaited);
        }
    }

    /** Runs its task. */
    record Running(WorkerChannel channel, Exchange exchange, boolean tookNext) implements AtTask {

        @Override
        public Running takingNext() {
            return new Running(channel, exchange, true);
        }

        Cancelling cancelling() {
            return new Cancelling(channel, exchange, tookNext);
        }
    }

    /** Runs a task that was cancelled, and has only the time left that it was granted to end. */
    record Cancelling(WorkerChannel channel, Exchange exchange, boolean tookNext)
            implements AtTask {

        @Override
        public Cancelling takingNext() {
            return new Cancelling(channel, exchange, true);
        }
    }

    /**
     * Is done with its task, as its next one shows, and the answer has not been read yet.
     *
     * @param isAwaited whether the lease is held, to wait for the answer; if not, it was returned
     *     already, and the answer only makes the worker idle
     */
    record Overdue(WorkerChannel channel, Exchange exchange, boolean tookNext, boolean isAwaited)
            implements AtTask {

        @Override
        public Overdue takingNext() {
            return new Overdue(channel, exchange, true, isAwaited);
        }
    }

    /**
     * Has answered its task; the lease has not been returned yet.
     *
     * @param hasNext as in {@link Idle}
     */
    record Answered(WorkerChannel channel, boolean hasNext) implements Busy {

        Idle release() {
            return new Idle(channel, hasNext);
        }
    }

    /**
     * Its channel was closed, or its process killed; the process may still be there, and counts.
     *
     * @param fault what it did wrong, in words that follow its name; {@code null} for nothing
     */
    record Ending(WorkerChannel channel, EndReason reason, @Nullable String fault)
            implements WorkerState {

        @Override
        public Phase phase() {
            return Phase.ENDING;
        }

        /** Its process became ready although its end was ordered. */
        Ending ready(WorkerChannel opened) {
            return new Ending(opened, reason, fault);
        }
    }

    /** The process is gone. */
    record Gone(WorkerChannel channel) implements WorkerState {

        /** Its process has never been ready. */
        static final Gone UNOPENED = new Gone(NoChannel.INSTANCE);

        @Override
        public Phase phase() {
            return Phase.GONE;
        }
    }

    /** The channel of a worker whose process has not opened one: it can do nothing. */
    final class NoChannel implements WorkerChannel {
        static final WorkerChannel INSTANCE = new NoChannel();

        private NoChannel() {}

        @Override
        public long pid() {
            return 0;
        }

        @Override
        public boolean provesReadiness() {
            return false;
        }

        @Override
        public boolean isComputing() {
            return false;
        }

        @Override
        public void write(byte[] frame) {
            throw new IllegalStateException("the worker has no channel yet");
        }

        @Override
        public void pause() {}

        @Override
        public void resume() {}

        @Override
        public void end() {}

        @Override
        public void kill() {}
    }
}
