package io.parallite.process.output;

import io.parallite.engine.LibC;
import io.parallite.engine.NamedPipeInput;
import io.parallite.engine.Threads;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jboss.logging.Logger;

/**
 * The thread that reads the named pipes of all forked workers: forks are too many, and live too
 * short, for a thread each. Linux only. Any thread may call {@link #read}; the sinks are called on
 * the reader's own thread, which no {@link Throwable} ends.
 */
public final class PipeReader {

    private static final Logger LOG = Logger.getLogger(PipeReader.class);

    /** How often pipes without a writer are looked for. */
    private static final int LOOK_MILLIS = 500;

    private static final int CHUNK = 8192;

    private static final byte[] ONE =
            ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(1).array();

    /** The pause after bytes that were of no interest. */
    private static final int PAUSE_MILLIS = 5;

    /** Receives the bytes. */
    public interface Sink {
        /**
         * The first {@code count} bytes are new.
         *
         * @return whether they are of interest; while nothing is, reading pauses in between, so
         *     that the marks that workers write for every task do not wake the thread for each
         */
        boolean onBytes(byte[] bytes, int count);

        /** There will be no more. */
        void onEnd();
    }

    private record Reading(NamedPipeInput pipe, Sink sink) {}

    private final ConcurrentLinkedQueue<Reading> added = new ConcurrentLinkedQueue<>();
    private final List<Reading> readings = new ArrayList<>();
    private final byte[] chunk = new byte[CHUNK];
    private final int wake = LibC.eventDescriptor();

    /** Whether something was read in this round, and whether any of it was of interest. */
    private boolean hasRead;

    private boolean isOfInterest;

    private PipeReader() {}

    /** Starts the thread. */
    public static PipeReader start() {
        PipeReader reader = new PipeReader();
        Threads.startDaemon("parallite-pipes", reader::run);
        return reader;
    }

    /** Reads a pipe to its end, and closes it. */
    public void read(NamedPipeInput pipe, Sink sink) {
        added.add(new Reading(pipe, sink));
        LibC.write(wake, ONE);
    }

    private void run() {
        while (true) {
            try {
                readAll();
            } catch (Throwable e) { // all other pipes depend on this thread
                Threads.survive(LOG, "standard error is read", e);
            }
        }
    }

    private void readAll() {
        boolean isPausing = hasRead && !isOfInterest;
        boolean[] ready = await(isPausing);
        hasRead = false;
        isOfInterest = false;
        for (int i = readings.size() - 1; i >= 0; i--) {
            Reading reading = readings.get(i);
            boolean hasEnded =
                    ready[i + 1] ? !take(reading) : !isPausing && reading.pipe.isAbandoned();
            if (hasEnded) {
                readings.remove(i);
                end(reading);
            }
        }
        if (ready[0]) {
            LibC.read(wake, new byte[Long.BYTES]);
            for (Reading next = added.poll(); next != null; next = added.poll()) {
                readings.add(next);
            }
        }
    }

    /**
     * Polls the pipes, and the event descriptor for added ones, which comes first in the result.
     *
     * @param isPausing whether pipes are waited for that end, not for those that can be read
     */
    private boolean[] await(boolean isPausing) {
        int[] descriptors = new int[readings.size() + 1];
        descriptors[0] = wake;
        for (int i = 0; i < readings.size(); i++) {
            descriptors[i + 1] = readings.get(i).pipe.descriptor();
        }
        return isPausing
                ? LibC.poll(descriptors, 1, PAUSE_MILLIS)
                : LibC.poll(descriptors, readings.isEmpty() ? -1 : LOOK_MILLIS);
    }

    /** Gives whether there may be more. */
    private boolean take(Reading reading) {
        long count = LibC.read(reading.pipe.descriptor(), chunk);
        if (count > 0) {
            hasRead = true;
            isOfInterest |= reading.sink.onBytes(chunk, (int) count) || count == chunk.length;
        }
        return count > 0;
    }

    private static void end(Reading reading) {
        try {
            reading.sink.onEnd();
        } finally {
            reading.pipe.close();
        }
    }
}
