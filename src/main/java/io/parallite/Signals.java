package io.parallite;

import io.parallite.cli.ExitCode;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import sun.misc.Signal;

/** TERM and INT: the first stops the daemon in good order, the second at once. */
final class Signals {

    private static final int SIGNALLED = 128;

    private Signals() {}

    /**
     * Takes the signals over from Quarkus, which knows only the first; not in dev mode and tests.
     *
     * @param beforeHalt what a second signal still does
     */
    static void install(Runnable beforeHalt) {
        if (LaunchMode.current() != LaunchMode.NORMAL) {
            return;
        }
        AtomicBoolean stopping = new AtomicBoolean();
        for (String name : List.of("TERM", "INT")) {
            Signal.handle(
                    new Signal(name),
                    signal -> {
                        if (stopping.compareAndSet(false, true)) {
                            Quarkus.asyncExit(ExitCode.OK);
                        } else {
                            ProcessHandle.current()
                                    .descendants()
                                    .forEach(ProcessHandle::destroyForcibly);
                            beforeHalt.run();
                            Runtime.getRuntime().halt(SIGNALLED + signal.getNumber());
                        }
                    });
        }
    }
}
