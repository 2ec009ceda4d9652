package io.parallite.process;

import io.parallite.engine.Engine;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jboss.logging.Logger;

/** A started worker process, until it and all it has started are gone. */
final class WorkerProcess {

    private static final Logger LOG = Logger.getLogger(WorkerProcess.class);

    private final WorkerName name;
    private final Process process;
    private final Engine engine;
    private final Executor reaping;
    private final ProcessTree family;
    private final StderrTail lastWords;

    WorkerProcess(
            WorkerName name,
            Process process,
            Engine engine,
            Executor reaping,
            ProcessTree family,
            WorkerChannel.Listener listener) {
        this.name = name;
        this.process = process;
        this.engine = engine;
        this.reaping = reaping;
        this.family = family;
        this.lastWords = new StderrTail(name, process.pid(), process.getErrorStream(), listener);
    }

    WorkerName name() {
        return name;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** The pipe to its stdin. */
    OutputStream stdin() {
        return process.getOutputStream();
    }

    /** The pipe from its stdout. */
    InputStream stdout() {
        return process.getInputStream();
    }

    /**
     * Calls {@code action} on the engine's thread with exit status and last words once the process
     * is gone and what it had left behind is killed.
     */
    void onExit(BiConsumer<Integer, String> action) {
        var _ = process.onExit()
                .thenAcceptAsync(
                        ended -> {
                            family.killLeftovers();
                            String words = lastWords.text();
                            engine.execute(() -> action.accept(ended.exitValue(), words));
                        },
                        reaping);
    }

    /**
     * Sends SIGUSR2, for which the JDK has no call and every system a shell. Without an answer when
     * that fails. Any thread.
     */
    void signalUsr2() {
        reaping.execute(
                () -> {
                    try {
                        new ProcessBuilder("sh", "-c", "kill -USR2 \"$0\"", Long.toString(pid()))
                                .redirectErrorStream(true)
                                .redirectOutput(Redirect.DISCARD)
                                .start();
                    } catch (IOException e) {
                        LOG.debugf("cannot signal pid=%d: %s", pid(), e.getMessage());
                    }
                });
    }

    /** Kills the process and its descendants; {@link #onExit} follows. Any thread. */
    void kill() {
        reaping.execute(family::kill);
    }
}
