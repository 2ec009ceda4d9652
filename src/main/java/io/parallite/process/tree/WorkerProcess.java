package io.parallite.process.tree;

import io.parallite.engine.Engine;
import io.parallite.engine.LibC;
import io.parallite.process.WorkerName;
import io.parallite.process.output.StderrTail;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;
import java.util.function.IntConsumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A started worker process, until it and all it has started are gone. Any thread. */
public final class WorkerProcess {

    private final WorkerName name;
    private final Engine engine;
    private final ProcessTree tree;
    private final StderrTail stderr;
    private final @Nullable Process pipes;
    private final LongConsumer onGone;

    /**
     * @param pipes whose stdin and stdout may be asked for; {@code null} for a fork
     * @param onGone called with the process id once all of it is gone
     */
    public WorkerProcess(
            WorkerName name,
            Engine engine,
            ProcessTree tree,
            StderrTail stderr,
            @Nullable Process pipes,
            LongConsumer onGone) {
        this.pipes = pipes;
        this.onGone = onGone;
        this.name = name;
        this.engine = engine;
        this.tree = tree;
        this.stderr = stderr;
    }

    /** That of its worker. */
    public WorkerName name() {
        return name;
    }

    /** Its process id. */
    public long pid() {
        return tree.pid();
    }

    /** The pipe to its stdin. */
    public OutputStream stdin() {
        return Objects.requireNonNull(pipes).getOutputStream();
    }

    /** The pipe from its stdout. */
    public InputStream stdout() {
        return Objects.requireNonNull(pipes).getInputStream();
    }

    /** The worker has said that it marks in stderr which task begins. */
    public void expectMarks() {
        stderr.expectMarks();
    }

    /**
     * The last lines of stderr for the task that the worker runs now, joined to one. Complete once
     * {@link #onExit} has called.
     */
    public String stderrTail() {
        return tree.explain(stderr.text());
    }

    /**
     * Calls {@code action} on the engine's thread with the exit status once the process and all its
     * descendants are gone.
     */
    public void onExit(IntConsumer action) {
        tree.onGone(
                status -> {
                    engine.execute(() -> action.accept(status));
                    onGone.accept(pid());
                },
                stderr::hasEnded);
    }

    /** Sends SIGUSR2, unless the process has ended. Only Linux has a call for that. */
    public void signalUsr2() {
        tree.signal(LibC.SIGUSR2);
    }

    /** Kills the process and its descendants; {@link #onExit} follows. */
    public void kill() {
        tree.kill();
    }
}
