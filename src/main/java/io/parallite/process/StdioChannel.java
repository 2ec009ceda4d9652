package io.parallite.process;

import io.parallite.engine.Engine;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A channel over the pipes of a worker's stdin and stdout.
 *
 * <p>Pipes of the JDK block, so a thread of its own reads, handing chunks to the engine, and large
 * frames are written by another. A small frame is written by the engine's thread itself: a pipe
 * takes {@link #ATOMIC} bytes without blocking when it is empty, and it is looked whether it is.
 *
 * <p>Where the system shows the other end of the pipe ({@code /proc/PID/fd/0} on Linux) it is held
 * open, for two ends: to see that the pipe is empty, and to see, when the worker has died, whether
 * the last frame still lies in it unread.
 */
final class StdioChannel implements WorkerChannel {

    private static final Logger LOG = Logger.getLogger(StdioChannel.class);

    /** PIPE_BUF of Linux, and the least that a pipe holds there. */
    private static final int ATOMIC = 4096;

    private static final int CHUNK = 64 * 1024;
    private static final int CHUNKS_AHEAD = 8;
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private static final ExecutorService WRITERS =
            Executors.newCachedThreadPool(Threads.daemon("stdin-writer"));

    private final Engine engine;
    private final WorkerProcess process;
    private final Listener listener;
    private final ReplyReader replies;
    private final OutputStream stdin;
    private final @Nullable InputStream otherEnd;
    private final Semaphore ahead = new Semaphore(CHUNKS_AHEAD);
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();
    private boolean paused;

    /** No more than this lies in the pipe; {@link #ATOMIC} when that is not known. */
    private int inPipe = ATOMIC;

    private volatile boolean writeFailed;
    private boolean outputEnded;
    private @Nullable Integer exitStatus;
    private String lastWords = "";
    private boolean told;

    StdioChannel(
            Engine engine, WorkerProcess process, ReplyLimits limits, Listener listener) {
        this.engine = engine;
        this.process = process;
        this.listener = listener;
        this.replies = new ReplyReader(listener, limits, this::onRoom);
        this.stdin = process.stdin();
        this.otherEnd = openOtherEnd(process.pid());
        Threads.startDaemon("stdout-" + process.name(), this::readAll);
        process.onExit(this::onExit);
    }

    private static @Nullable InputStream openOtherEnd(long pid) {
        Path path = Path.of("/proc", Long.toString(pid), "fd", "0");
        try {
            return Files.exists(path) ? new FileInputStream(path.toFile()) : null;
        } catch (IOException e) {
            LOG.debugf("cannot look into the pipe of pid=%d: %s", pid, e.getMessage());
            return null;
        }
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public boolean provesReadiness() {
        return false;
    }

    @Override
    public void write(byte[] frame) {
        if (fits(frame)) {
            inPipe += frame.length;
            writeBlocking(frame);
        } else {
            inPipe = ATOMIC;
            WRITERS.execute(() -> writeBlocking(frame));
        }
    }

    /** Whether it can be written without waiting; looks at the pipe only when that must be. */
    private boolean fits(byte[] frame) {
        if (inPipe + frame.length > ATOMIC && isPipeEmpty()) {
            inPipe = 0;
        }
        return inPipe + frame.length <= ATOMIC;
    }

    private boolean isPipeEmpty() {
        try {
            return otherEnd != null && otherEnd.available() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private void writeBlocking(byte[] frame) {
        try {
            stdin.write(frame);
            stdin.flush();
        } catch (IOException e) {
            writeFailed = true;
            LOG.debugf("cannot write to worker=%s: %s", process.name(), e.getMessage());
        }
    }

    @Override
    public void end() {
        WRITERS.execute(this::closeStdin);
        engine.schedule(
                PATIENCE,
                () -> {
                    if (exitStatus == null) {
                        kill();
                    }
                });
    }

    private void closeStdin() {
        try {
            stdin.close();
        } catch (IOException e) {
            LOG.debugf("cannot close stdin of worker=%s: %s", process.name(), e.getMessage());
        }
    }

    @Override
    public void kill() {
        process.kill();
    }

    private void readAll() {
        byte[] chunk = new byte[CHUNK];
        try (InputStream stdout = process.stdout()) {
            for (int n = stdout.read(chunk); n >= 0; n = stdout.read(chunk)) {
                byte[] bytes = Arrays.copyOf(chunk, n);
                ahead.acquireUninterruptibly();
                deliver(
                        () -> {
                            ahead.release();
                            replies.reader().feed(bytes, 0, bytes.length);
                        });
            }
        } catch (IOException e) {
            LOG.debugf("stdout is closed worker=%s: %s", process.name(), e.getMessage());
        }
        deliver(
                () -> {
                    outputEnded = true;
                    tellEnd();
                });
    }

    /** Has {@code action} run by the engine, after what is held while the channel is paused. */
    private void deliver(Runnable action) {
        engine.execute(
                () -> {
                    if (isWaiting()) {
                        held.add(action);
                    } else {
                        action.run();
                    }
                });
    }

    @Override
    public void pause() {
        paused = true;
    }

    @Override
    public void resume() {
        paused = false;
        runHeld();
    }

    private void runHeld() {
        while (!isWaiting() && !held.isEmpty()) {
            held.remove().run();
        }
    }

    private boolean isWaiting() {
        return exitStatus == null && (paused || replies.isHeld());
    }

    private void onRoom() {
        engine.execute(
                () -> {
                    replies.readOn();
                    runHeld();
                });
    }

    private void onExit(int status, String words) {
        exitStatus = status;
        lastWords = words;
        resume(); // what is left of it is no more than the pipe holds
        if (!outputEnded) {
            engine.schedule(Duration.ofMillis(100), this::onOutputOverdue);
        }
        tellEnd();
    }

    /** A process that outlived the worker holds its stdout open; what it writes is nobody's. */
    private void onOutputOverdue() {
        outputEnded = true;
        tellEnd();
    }

    private void tellEnd() {
        if (told || !outputEnded || exitStatus == null) {
            return;
        }
        told = true;
        boolean unread = writeFailed || (!isPipeEmpty() && otherEnd != null);
        WorkerExit ending = replies.ending(exitStatus, lastWords, unread);
        replies.close();
        WRITERS.execute(this::closeAll);
        listener.onEnded(ending);
    }

    private void closeAll() {
        try {
            if (otherEnd != null) {
                otherEnd.close();
            }
            process.stdout().close();
        } catch (IOException e) {
            LOG.debugf("cannot close pipes of worker=%s: %s", process.name(), e.getMessage());
        }
        closeStdin();
    }
}
