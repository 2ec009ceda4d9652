package io.parallite;

import io.parallite.cli.ExitCode;
import io.parallite.config.Platform;
import io.parallite.engine.OsSignal;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;

/**
 * TERM and INT: the first stops the daemon in good order, the second at once. HUP reloads the
 * workers, unless it is the system that sends it because the daemon's terminal is gone: that stops
 * it like TERM. A daemon that was started with HUP ignored, under {@code nohup}, goes on ignoring
 * it.
 *
 * <p>They are ours from before Quarkus starts. The JVM's own handler would take the application
 * apart while the main thread still puts it together, and what that makes then would stay behind.
 */
final class Signals {

    /** The process's: it has one daemon, which Quarkus makes. */
    static final Signals OF_PROCESS = new Signals();

    private static final int SIGNALLED = 128;

    private final AtomicBoolean stopping = new AtomicBoolean();
    private final Map<String, OsSignal.Former> former = new LinkedHashMap<>();
    private boolean hadTerminal;
    private volatile Runnable beforeHalt = () -> {};
    private volatile Runnable reload = () -> {};

    Signals() {}

    /** Takes the signals over. One that comes before {@link #serve} only asks for a stop. */
    void takeOver() {
        hadTerminal = hasTerminal();
        handle("TERM", this::stop);
        handle("INT", this::stop);
        if (!Platform.isWindows()) {
            handle("HUP", this::hangUp);
        }
    }

    /**
     * Connects them to the daemon. In dev mode and tests they are returned to Quarkus.
     *
     * @param beforeHalt what a second signal still does: it kills the workers
     * @param reload what HUP does
     * @return whether the daemon may start; else a stop has been asked for
     */
    boolean serve(Runnable beforeHalt, Runnable reload) {
        if (LaunchMode.current() != LaunchMode.NORMAL) {
            giveBack();
            return !isStopAsked();
        }
        this.beforeHalt = beforeHalt;
        this.reload = reload;
        takeOver(); // a native executable's Quarkus has set handlers of its own
        return !isStopAsked();
    }

    boolean isStopAsked() {
        return stopping.get();
    }

    /** Restores the handlers that were there before. */
    void giveBack() {
        former.forEach((name, handler) -> new OsSignal(name).restore(handler));
    }

    private void handle(String name, IntConsumer handler) {
        former.putIfAbsent(name, new OsSignal(name).handle(handler));
    }

    private void stop(int signal) {
        if (stopping.compareAndSet(false, true)) {
            Quarkus.asyncExit(ExitCode.OK);
            return;
        }
        try {
            beforeHalt.run();
        } finally {
            Runtime.getRuntime().halt(SIGNALLED + signal);
        }
    }

    private void hangUp(int signal) {
        if (hadTerminal && !hasTerminal()) {
            stop(signal);
        } else {
            reload.run();
        }
    }

    /** Whether the process has a controlling terminal; see tty(4). */
    private static boolean hasTerminal() {
        try (FileInputStream _ = new FileInputStream("/dev/tty")) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
