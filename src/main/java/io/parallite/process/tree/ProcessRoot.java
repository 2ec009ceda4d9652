package io.parallite.process.tree;

import io.parallite.engine.LibC;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The first process of a {@link ProcessTree}: a worker's own. The reaper's thread. */
sealed interface ProcessRoot {

    int pid();

    /** The exit status as the shell would say; {@code null} while it runs. */
    @Nullable Integer exitStatus();

    /** The same for one that the kernel says has ended. */
    int awaitExit();

    /** Kills it, not its descendants. */
    void kill();

    /** Its descendants, where there is no other way to find them. */
    Stream<ProcessHandle> descendants();

    /** Has {@code action} run at its end, where the kernel cannot be asked. */
    void onExit(Runnable action);

    /** One that the JDK has started, and waits for. */
    record Started(Process process) implements ProcessRoot {

        /** How long the JDK may take to note an end that the kernel has reported. */
        private static final long PATIENCE_MILLIS = 1000;

        private static final int UNKNOWN_STATUS = 255;

        @Override
        public int pid() {
            return (int) process.pid();
        }

        @Override
        public @Nullable Integer exitStatus() {
            return process.isAlive() ? null : (Integer) process.exitValue();
        }

        @Override
        public int awaitExit() {
            try {
                if (process.waitFor(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
                    return process.exitValue();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            int reaped = LibC.reap(pid()); // the JDK had no thread to do it
            return reaped >= 0 ? reaped : UNKNOWN_STATUS;
        }

        @Override
        public void kill() {
            process.destroyForcibly();
        }

        @Override
        public Stream<ProcessHandle> descendants() {
            return process.descendants();
        }

        @Override
        public void onExit(Runnable action) {
            var _ = process.onExit().thenRun(action);
        }
    }

    /** One that was forked from a template, and is a child of the daemon; Linux only. */
    record Forked(int pid) implements ProcessRoot {

        private static final int UNKNOWN_STATUS = 255;

        @Override
        public @Nullable Integer exitStatus() {
            int status = LibC.reap(pid);
            if (status >= 0) {
                return status;
            }
            return LibC.kill(pid, 0) == -LibC.ESRCH ? (Integer) UNKNOWN_STATUS : null;
        }

        @Override
        public int awaitExit() {
            Integer status = exitStatus();
            return status == null ? UNKNOWN_STATUS : status;
        }

        @Override
        public void kill() {
            int _ = LibC.kill(pid, LibC.SIGKILL); // not reaped, so the id is its own
        }

        @Override
        public Stream<ProcessHandle> descendants() {
            return Stream.empty();
        }

        @Override
        public void onExit(Runnable action) {
            // the kernel can be asked
        }
    }
}
