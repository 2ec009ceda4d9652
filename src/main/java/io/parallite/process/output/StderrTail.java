package io.parallite.process.output;

import io.parallite.engine.Threads;
import io.parallite.process.WorkerChannel;
import io.parallite.process.WorkerLimits;
import io.parallite.process.WorkerName;
import io.parallite.units.Texts;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What a worker writes to stderr: logged line by line under the worker and its task, and its end
 * kept for error messages. An error message quotes only lines of the failed task.
 *
 * <h2>The task of a line</h2>
 *
 * <p>The bundled worker writes a mark into the stream where a task begins ({@link TaskMarks}): what
 * follows belongs to that task, at whatever time it is read. A worker that writes no marks is asked
 * for its task when a line is read, and only what is read some time after its last answer is
 * quoted. A mark ends a line that has no end.
 *
 * <h2>Threads</h2>
 *
 * <p>A thread reads it, since a full pipe would stop the worker: the {@link PipeReader}, or one of
 * its own where there is no named pipe ({@link #readOnThread}). Any other may ask.
 */
public final class StderrTail implements PipeReader.Sink {

    private static final Logger LOG = Logger.getLogger(StderrTail.class);

    private static final int KEPT_LINES = 6;
    private static final int KEPT_CHARACTERS = 500;
    private static final int CHUNK = 4096;

    /** For how long nothing is read after nothing but marks: no short task wakes the reader. */
    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(5);

    /**
     * A line that was written.
     *
     * @param task by its mark
     */
    private record Line(String text, @Nullable String task, long readAt) {}

    private final WorkerName worker;
    private final WorkerChannel.Listener listener;
    private final ArrayDeque<Line> lines = new ArrayDeque<>();
    private final TextLines text = new TextLines(this::onLine);
    private final OutputLog log;
    private final TaskMarks marks;
    private final WorkerLimits limits;

    /** By the last mark; {@code null} before the first. Of the thread that reads. */
    private @Nullable String task;

    private volatile boolean isMarked;
    private volatile boolean ended;
    private volatile @Nullable Thread reader;

    /**
     * @param secret by which the worker's marks are known
     * @param listener asked for the running task, on another thread
     * @param limits which the text may mention
     */
    public StderrTail(
            WorkerName worker,
            long pid,
            String secret,
            WorkerChannel.Listener listener,
            WorkerLimits limits) {
        this.limits = limits;
        this.worker = worker;
        this.listener = listener;
        this.log = new OutputLog(worker, pid);
        this.marks =
                new TaskMarks(
                        secret,
                        new TaskMarks.Sink() {
                            @Override
                            public void onText(byte[] bytes, int from, int to) {
                                text.add(bytes, from, to);
                            }

                            @Override
                            public void onTask(String id) {
                                begin(id);
                            }
                        });
    }

    /** Has a thread of its own read {@code stderr}. */
    public void readOnThread(InputStream stderr) {
        Threads.startDaemon("stderr-" + worker, () -> read(stderr));
    }

    /** The worker has said that it writes marks: what precedes the first belongs to no task. */
    public void expectMarks() {
        isMarked = true;
    }

    /** Whether all that was written has been read. To be asked once the process has ended. */
    public boolean hasEnded() {
        LockSupport.unpark(reader);
        return ended;
    }

    /**
     * The last lines that were written for the running task, joined to one, as far as they were
     * read.
     */
    public String text() {
        String running = listener.currentTask();
        synchronized (lines) {
            String text =
                    lines.stream()
                            .filter(line -> isQuoted(line, running))
                            .map(line -> Texts.printable(line.text))
                            .collect(Collectors.joining(" "));
            return limits.explain(Texts.shorten(text, KEPT_CHARACTERS));
        }
    }

    private boolean isQuoted(Line line, @Nullable String running) {
        return (isMarked && running != null)
                ? running.equals(line.task)
                : listener.isOfCurrentTask(line.readAt);
    }

    private void read(InputStream stderr) {
        reader = Thread.currentThread();
        try (stderr) {
            byte[] chunk = new byte[CHUNK];
            for (int count = stderr.read(chunk); count >= 0; count = stderr.read(chunk)) {
                if (!onBytes(chunk, count) && count < chunk.length) {
                    LockSupport.parkNanos(this, PAUSE);
                }
            }
        } catch (IOException e) {
            LOG.debugf("stderr is closed worker=%s: %s", worker, e.getMessage());
        } finally {
            onEnd();
        }
    }

    @Override
    public boolean onBytes(byte[] bytes, int count) {
        return marks.feed(bytes, count);
    }

    @Override
    public void onEnd() {
        try {
            marks.end();
            text.endLine();
        } finally {
            log.flush();
            ended = true;
        }
    }

    private void begin(String id) {
        text.endLine();
        isMarked = true;
        task = id;
    }

    private void onLine(String line) {
        synchronized (lines) {
            lines.addLast(new Line(line, task, System.nanoTime()));
            if (lines.size() > KEPT_LINES) {
                lines.removeFirst();
            }
        }
        log.write(line, isMarked ? task : listener.currentTask());
    }
}
