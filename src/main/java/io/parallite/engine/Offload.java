package io.parallite.engine;

import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs computations that would block the event loop on other threads. They must not use state of
 * the engine.
 *
 * <p>Two threads run them in the order of submission, and end when they are idle. The callers bound
 * the queue: a connection has one such computation at a time. Any thread may submit; results come
 * on the engine's thread.
 */
public final class Offload {

    private static final int THREADS = 2;
    private static final long IDLE_SECONDS = 10;

    private final Engine engine;
    private final ThreadPoolExecutor threads;

    /** Threads that pass their results to {@code engine}. */
    public Offload(Engine engine) {
        this.engine = engine;
        this.threads =
                new ThreadPoolExecutor(
                        THREADS,
                        THREADS,
                        IDLE_SECONDS,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        Thread.ofPlatform().name("parallite-offload-", 0).daemon().factory());
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * Has {@code work} done, and then {@code onDone} called with its result or with what it has
     * thrown. Where no thread can be had, it is done at once by the caller.
     */
    public <T> void run(Callable<T> work, BiConsumer<@Nullable T, @Nullable Throwable> onDone) {
        Runnable job =
                () -> {
                    T result;
                    try {
                        result = work.call();
                    } catch (Throwable e) {
                        engine.execute(() -> onDone.accept(null, e));
                        return;
                    }
                    engine.execute(() -> onDone.accept(result, null));
                };
        try {
            threads.execute(job);
        } catch (OutOfMemoryError e) { // no thread: the process limit
            job.run();
        }
    }
}
