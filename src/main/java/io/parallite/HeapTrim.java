package io.parallite;

import io.parallite.engine.Engine;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Returns to the system the memory that the heap took under load.
 *
 * <p>Large payloads in flight are copied into the old generation, which the serial collector lets
 * grow to its maximum before it looks for what can go. Once no task has come for {@link #STEP} and
 * none is under way, a full collection shrinks it. It delays a task that arrives just then by some
 * tens of milliseconds, once after each busy time. Owned by the engine's thread.
 */
final class HeapTrim {

    private static final Logger LOG = Logger.getLogger(HeapTrim.class);

    /** How often it looks, and how long nothing must have been done. */
    static final Duration STEP = Duration.ofSeconds(10);

    /** Bytes of heap below which there is little to give back. */
    static final long WORTH_IT = 64L << 20;

    /** The heap of this process. */
    interface Heap {

        /** Bytes that it holds, used or not. */
        long committed();

        /** Collects all of it. */
        void collect();

        /** That of this Java virtual machine. */
        Heap OF_PROCESS =
                new Heap() {
                    @Override
                    public long committed() {
                        return Runtime.getRuntime().totalMemory();
                    }

                    @Override
                    public void collect() {
                        System.gc();
                    }
                };
    }

    private final Engine engine;
    private final Heap heap;
    private final LongSupplier tasks;
    private final BooleanSupplier isWorking;
    private long seen;
    private boolean isTrimmed;

    /**
     * @param tasks counts the tasks that have come
     * @param isWorking whether one is under way
     */
    HeapTrim(Engine engine, Heap heap, LongSupplier tasks, BooleanSupplier isWorking) {
        this.engine = engine;
        this.heap = heap;
        this.tasks = tasks;
        this.isWorking = isWorking;
    }

    /** Begins to look, for as long as the daemon runs. */
    void watch() {
        engine.schedule(STEP, this::look);
    }

    private void look() {
        long counted = tasks.getAsLong();
        boolean isIdle = counted == seen && !isWorking.getAsBoolean();
        seen = counted;
        if (!isIdle) {
            isTrimmed = false;
        } else if (!isTrimmed) {
            isTrimmed = true;
            trim();
        }
        watch();
    }

    private void trim() {
        long before = heap.committed();
        if (before >= WORTH_IT) {
            heap.collect();
            LOG.debugf("the heap has shrunk before=%d after=%d", before, heap.committed());
        }
    }
}
