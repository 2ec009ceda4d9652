package io.parallite;

import io.parallite.cli.ExitCode;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * TERM and INT: the first stops the daemon in good order, the second at once. HUP reloads the
 * workers, unless it is the system that sends it because the daemon's terminal is gone: that stops
 * it like TERM. A daemon that was started with HUP ignored, under {@code nohup}, goes on ignoring
 * it.
 */
final class Signals {

    private static final int SIGNALLED = 128;

    private Signals() {}

    /**
     * Takes the signals over from Quarkus, which knows only the first; not in dev mode and tests.
     *
     * @param beforeHalt what a second signal still does
     * @param reload what HUP does
     */
    static void install(Runnable beforeHalt, Runnable reload) {
        if (LaunchMode.current() != LaunchMode.NORMAL) {
            return;
        }
        Stopper stopper = new Stopper(beforeHalt);
        for (String name : List.of("TERM", "INT")) {
            Signal.handle(new Signal(name), stopper);
        }
        if (File.separatorChar == '/') {
            boolean hadTerminal = hasTerminal();
            Signal.handle(
                    new Signal("HUP"),
                    signal -> {
                        if (hadTerminal && !hasTerminal()) {
                            stopper.handle(signal);
                        } else {
                            reload.run();
                        }
                    });
        }
    }

    /** Whether the process has a controlling terminal; see tty(4). */
    private static boolean hasTerminal() {
        try (FileInputStream ignored = new FileInputStream("/dev/tty")) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private record Stopper(Runnable beforeHalt, AtomicBoolean stopping) implements SignalHandler {

        Stopper(Runnable beforeHalt) {
            this(beforeHalt, new AtomicBoolean());
        }

        @Override
        public void handle(Signal signal) {
            if (stopping.compareAndSet(false, true)) {
                Quarkus.asyncExit(ExitCode.OK);
                return;
            }
            ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
            beforeHalt.run();
            Runtime.getRuntime().halt(SIGNALLED + signal.getNumber());
        }
    }
}
