package io.parallite.process.channel;

import io.parallite.engine.Engine;
import io.parallite.process.WorkerChannel;
import io.parallite.process.WorkerExit;
import io.parallite.process.tree.WorkerProcess;
import java.io.InputStream;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A channel over the pipes of a worker's stdin and stdout: a {@link PipeWriteStream} and a {@link
 * PipeReadStream}.
 *
 * <p>The reading end of stdin is held open where the system lets it be: it shows, when the worker
 * has died, whether the last frame is in the pipe still, unread.
 */
public final class StdioChannel implements WorkerChannel {

    private static final Logger LOG = Logger.getLogger(StdioChannel.class);

    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /** How long nothing must have come after the end of the process, to be sure that it was all. */
    private static final Duration QUIET = Duration.ofMillis(100);

    private final Engine engine;
    private final WorkerProcess process;
    private final Listener listener;
    private final ReplyReader replies;
    private final PipeWriteStream stdin;
    private final PipeReadStream stdout;

    /** The process had ended before anything was written to it. */
    private final boolean endedBefore;

    private boolean paused;
    private boolean writeFailed;
    private boolean outputEnded;
    private @Nullable Integer exitStatus;
    private boolean endReported;

    /**
     * A channel to a process that has just been started.
     *
     * @throws OutOfMemoryError when there can be no thread that reads; the process is killed
     */
    public StdioChannel(
            Engine engine, WorkerProcess process, ReplyLimits limits, Listener listener) {
        this.engine = engine;
        this.process = process;
        this.listener = listener;
        this.replies = new ReplyReader(listener, limits, this::onRoom);
        InputStream otherEnd = ProcessPipes.openOtherEnd(process.pid(), 0);
        this.endedBefore = otherEnd == null && ProcessPipes.hasEnded(process.pid());
        this.stdin = new PipeWriteStream(engine, process.stdin(), otherEnd);
        this.stdout = new PipeReadStream(engine, process.stdout());
        stdin.exceptionHandler(this::onWriteFailed);
        stdout.handler(this::onBytes);
        stdout.exceptionHandler(
                e -> LOG.debugf("stdout is closed worker=%s: %s", process.name(), e.getMessage()));
        stdout.endHandler(ignored -> onOutputEnded());
    }

    /** Starts to read. */
    public void open() {
        stdout.start("stdout-" + process.name());
        process.onExit(this::onExit);
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
        stdin.write(frame);
    }

    private void onWriteFailed(Throwable cause) {
        writeFailed = true;
        LOG.debugf("cannot write to worker=%s: %s", process.name(), cause.getMessage());
        if (cause instanceof Error) {
            kill(); // there was no thread to write with
        }
    }

    @Override
    public void end() {
        stdin.end();
        engine.schedule(
                PATIENCE,
                () -> {
                    if (exitStatus == null) {
                        kill();
                    }
                });
    }

    @Override
    public void kill() {
        process.kill();
    }

    private void onBytes(byte[] bytes) {
        replies.reader().feed(bytes, 0, bytes.length);
        if (replies.isHeld()) {
            readOrWait();
        }
    }

    @Override
    public boolean hasWaitedForRoom() {
        return replies.hasWaitedForRoom();
    }

    @Override
    public void pause() {
        paused = true;
        readOrWait();
    }

    @Override
    public void resume() {
        paused = false;
        readOrWait();
    }

    private void readOrWait() {
        if (exitStatus == null && (paused || replies.isHeld())) {
            stdout.pause();
        } else {
            stdout.resume();
        }
    }

    private void onRoom() {
        engine.execute(
                () -> {
                    replies.readOn();
                    readOrWait();
                });
    }

    private void onExit(int status) {
        exitStatus = status;
        stdout.resume(); // the rest is bounded by the buffer of the pipe
        endWhenRead(-1);
        reportEnd();
    }

    /**
     * A process that could not be killed may hold stdout, so that it does not end. What the worker
     * itself had written has been read once a while brings no more.
     */
    private void endWhenRead(long before) {
        long received = stdout.received();
        if (outputEnded) {
            return;
        }
        if (received == before) {
            onOutputEnded();
        } else {
            engine.schedule(QUIET, () -> endWhenRead(received));
        }
    }

    private void onOutputEnded() {
        outputEnded = true;
        reportEnd();
    }

    private void reportEnd() {
        if (endReported || !outputEnded || exitStatus == null) {
            return;
        }
        endReported = true;
        boolean unread = endedBefore || writeFailed || stdin.isUnread();
        WorkerExit ending = replies.ending(exitStatus, process.stderrTail(), unread);
        replies.close();
        stdin.close();
        listener.onEnded(ending);
    }
}
