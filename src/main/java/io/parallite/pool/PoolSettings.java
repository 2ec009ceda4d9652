package io.parallite.pool;

import io.parallite.worker.Recycling;
import java.time.Duration;

/**
 * The pool's share of the configuration.
 *
 * @param fixed how many persistent workers
 * @param max how many workers of both kinds
 * @param timeout how long a task may run that does not say
 * @param prefix what their names begin with
 * @param maxQueue how many tasks may wait when there is no worker to be had
 * @param queueTimeout how long one may wait
 * @param recycling when workers are replaced that could go on
 * @param slowTask from which on a running task is logged; zero for never
 * @param readyMemory bytes that workers may hold together that are kept ready for isolated tasks
 * @param isolatesTasks whether each task gets a worker that has run none and ends after it; then
 *     {@code fixed} is how many of them are kept ready
 */
public record PoolSettings(
        int fixed,
        int max,
        Duration timeout,
        String prefix,
        int maxQueue,
        Duration queueTimeout,
        Recycling recycling,
        Duration slowTask,
        long readyMemory,
        boolean isolatesTasks) {

    /**
     * Settings under which a task may run for as long as one may wait, no worker is recycled and no
     * task is slow.
     */
    public PoolSettings(int fixed, int max, String prefix, int maxQueue, Duration queueTimeout) {
        this(
                fixed,
                max,
                queueTimeout,
                prefix,
                maxQueue,
                queueTimeout,
                Recycling.NONE,
                Duration.ZERO,
                Long.MAX_VALUE,
                false);
    }
}
