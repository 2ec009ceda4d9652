package io.parallite.engine;

import io.parallite.config.Platform;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.util.Hashtable;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Threads that handle signals and exist before any comes.
 *
 * <p>The JVM starts a thread for each signal. At the limit of processes (RLIMIT_NPROC, pids.max)
 * that fails, and the signal is lost: a daemon that cannot start workers could not be stopped
 * either. The JDK offers no other way, and a handler of our own (sigaction(2)) may not run Java. So
 * its dispatch is intercepted while it still is on the JVM's own dispatcher thread, which looks the
 * handler up in a table, by the signal. Our key in that table equals the signal for all who
 * register handlers. When the dispatcher asks, it hands the signal to one of our threads and
 * differs, so that the dispatcher finds no handler, and starts no thread. Who is registered as the
 * handler stays the JDK's business.
 *
 * <p>This takes the package {@code jdk.internal.misc} to be open (the manifest of the daemon's jar
 * says so) and the class in it to be as it is in Java 25. Where either is not so, and in a native
 * executable, signals are handled as the JVM does.
 *
 * <p>Commands handle signals, too, and have no library for a log.
 */
final class SignalThreads {

    static final String NAME = "parallite-signals";

    private static final String DISPATCHER = "Signal Dispatcher";

    /** A second signal is handled while the handler of the first is stuck. */
    private static final int THREADS = 2;

    private static final long STACK_BYTES = 256 * 1024;

    private final BlockingQueue<Object> signals = new LinkedBlockingQueue<>();
    private final Hashtable<Object, Object> handlers;
    private final Hashtable<Object, Object> known;
    private final Method handle;

    private SignalThreads() throws ReflectiveOperationException {
        Class<?> signal = Class.forName("jdk.internal.misc.Signal");
        handlers = table(signal.getDeclaredField("handlers"));
        known = table(signal.getDeclaredField("signals"));
        handle = Class.forName("jdk.internal.misc.Signal$Handler").getMethod("handle", signal);
        handle.setAccessible(true);
    }

    @SuppressWarnings("unchecked") // the raw table takes any key
    private static Hashtable<Object, Object> table(Field field) throws IllegalAccessException {
        field.setAccessible(true);
        return (Hashtable<Object, Object>) Objects.requireNonNull(field.get(null));
    }

    /** The process's, started with the first signal that is handled. */
    private static final class OfProcess {

        static final @Nullable SignalThreads THREADS = start();

        private static @Nullable SignalThreads start() {
            if (Platform.isNative()) {
                return null;
            }
            try {
                SignalThreads threads = new SignalThreads();
                for (int i = 0; i < SignalThreads.THREADS; i++) {
                    Thread.ofPlatform()
                            .name(NAME)
                            .daemon()
                            .stackSize(STACK_BYTES)
                            .start(threads::run);
                }
                return threads;
            } catch (ReflectiveOperationException
                    | InaccessibleObjectException
                    | ClassCastException e) {
                return null;
            }
        }
    }

    /** Has the handlers of a signal run on these threads, now that one has been registered. */
    static void intercept(int number) {
        SignalThreads threads = OfProcess.THREADS;
        if (threads != null) {
            threads.replaceKey(number);
        }
    }

    private void replaceKey(int number) {
        Object signal = known.get(number);
        synchronized (handlers) { // the table's own lock
            Object handler = signal == null ? null : handlers.remove(signal);
            if (signal != null && handler != null) {
                handlers.put(new Key(signal, signals::add), handler);
            }
        }
    }

    private void run() {
        while (true) {
            try {
                Object signal = signals.take();
                Object handler = handlers.get(signal);
                if (handler != null) {
                    handle.invoke(handler, signal);
                }
            } catch (Throwable e) { // the next signal needs this thread
                Thread thread = Thread.currentThread();
                thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
            }
        }
    }

    /** Equals the signal, except for the dispatcher of the JVM: it gives the signal away. */
    private record Key(Object signal, Consumer<Object> onSignal) {
        @Override
        public boolean equals(@Nullable Object other) {
            if (!signal.equals(other)) {
                return false;
            }
            if (Thread.currentThread().getName().equals(DISPATCHER)) {
                onSignal.accept(signal);
                return false;
            }
            return true;
        }

        @Override
        public int hashCode() {
            return signal.hashCode();
        }
    }
}
