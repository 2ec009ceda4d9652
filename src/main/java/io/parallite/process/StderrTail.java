package io.parallite.process;

import io.parallite.units.Texts;
import io.parallite.wire.Excerpt;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * What a worker writes to stderr: logged line by line under the worker and its task, and its end
 * kept for error messages. Those quote only what was written for the task that they are about.
 *
 * <p>A thread reads it, since a full pipe would stop the worker: one of its own ({@link #of}), or
 * the {@link PipeReader} that it is a sink of. A worker that shouts is logged up to {@link
 * #LINES_PER_SECOND}; the rest is counted, and told when the second is over.
 */
final class StderrTail implements PipeReader.Sink {

    private static final Logger LOG = Logger.getLogger("io.parallite.worker.output");

    private static final int LINES_PER_SECOND = 20;
    private static final int KEPT_LINES = 6;
    private static final int KEPT_CHARACTERS = 500;
    private static final int MAX_LINE = 4096;
    private static final int CHUNK = 1024;

    private record Line(String text, long readAt) {}

    private final WorkerName worker;
    private final long pid;
    private final WorkerChannel.Listener listener;
    private final ArrayDeque<Line> lines = new ArrayDeque<>();
    private final CharsetDecoder decoder =
            StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPLACE)
                    .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private final StringBuilder line = new StringBuilder();

    /** The beginning of a character whose end has not been read. */
    private ByteBuffer split = ByteBuffer.allocate(0);

    private volatile boolean ended;
    private final LineBudget budget = new LineBudget(LINES_PER_SECOND, System.nanoTime());
    private boolean isFlushPending;

    /**
     * @param listener asked for the running task with each line, on another thread
     */
    StderrTail(WorkerName worker, long pid, WorkerChannel.Listener listener) {
        this.worker = worker;
        this.pid = pid;
        this.listener = listener;
    }

    /** Has a thread of its own read it. */
    static StderrTail of(
            WorkerName worker, long pid, InputStream stderr, WorkerChannel.Listener listener) {
        StderrTail tail = new StderrTail(worker, pid, listener);
        Threads.startDaemon("stderr-" + worker, () -> tail.read(stderr));
        return tail;
    }

    /** Whether all that was written has been read. */
    boolean hasEnded() {
        return ended;
    }

    /** The end of what was written for the running task, on one line, as far as it was read. */
    String text() {
        synchronized (lines) {
            String text =
                    lines.stream()
                            .filter(line -> listener.isOfCurrentTask(line.readAt))
                            .map(Line::text)
                            .collect(Collectors.joining(" "));
            return text.length() <= KEPT_CHARACTERS
                    ? text
                    : text.substring(0, KEPT_CHARACTERS) + "…";
        }
    }

    private void read(InputStream stderr) {
        try (stderr) {
            byte[] chunk = new byte[CHUNK];
            for (int count = stderr.read(chunk); count >= 0; count = stderr.read(chunk)) {
                onBytes(chunk, count);
            }
        } catch (IOException e) {
            LOG.debugf("stderr is closed worker=%s: %s", worker, e.getMessage());
        } finally {
            onEnd();
        }
    }

    @Override
    public void onBytes(byte[] bytes, int count) {
        decode(ByteBuffer.wrap(bytes, 0, count), false);
    }

    @Override
    public void onEnd() {
        try {
            decode(ByteBuffer.allocate(0), true);
            keep(line.toString().strip());
        } finally {
            tellSuppressed();
            ended = true;
        }
    }

    private void decode(ByteBuffer bytes, boolean isEnd) {
        ByteBuffer in =
                ByteBuffer.allocate(split.remaining() + bytes.remaining()).put(split).put(bytes);
        CharBuffer out = CharBuffer.allocate(in.flip().remaining() + 1);
        decoder.decode(in, out, isEnd);
        split = in;
        out.flip().chars().forEach(c -> add((char) c));
    }

    private void add(char c) {
        if (c != '\n') {
            line.append(c);
        }
        if (c == '\n' || line.length() == MAX_LINE) {
            keep(line.toString().strip());
            line.setLength(0);
        }
    }

    private void keep(String line) {
        if (line.isEmpty()) {
            return;
        }
        synchronized (lines) {
            lines.addLast(new Line(line, System.nanoTime()));
            if (lines.size() > KEPT_LINES) {
                lines.removeFirst();
            }
        }
        log(line);
    }

    private synchronized void log(String line) {
        long now = System.nanoTime();
        if (budget.isOver(now)) {
            tellSuppressed();
        }
        if (budget.takes(now)) {
            write(Logger.Level.INFO, Excerpt.oneLine(line));
        } else if (!isFlushPending) {
            isFlushPending = true;
            CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS).execute(this::tellSuppressed);
        }
    }

    private synchronized void tellSuppressed() {
        isFlushPending = false;
        long suppressed = budget.takeSuppressed();
        if (suppressed > 0) {
            write(Logger.Level.WARN, "… %d lines more".formatted(suppressed));
        }
    }

    /** The keys come last and are always there, so that no line can pass for another's. */
    private void write(Logger.Level level, String text) {
        String running = listener.currentTask();
        LOG.logf(
                level,
                "%s worker=%s pid=%d task=%s",
                text,
                worker,
                pid,
                running == null ? "-" : Texts.word(running));
    }
}
