package io.parallite.worker;

import java.time.Duration;

/**
 * When workers in good health are replaced; zero stands for never.
 *
 * @param maxTasks after how many tasks
 * @param maxMemoryBytes with how much resident memory, looked at between tasks
 * @param ttl at what age, between tasks
 * @param idle for how long an on-demand worker is kept without a task; with zero it ends as soon as
 *     it is free and no task waits
 */
public record Recycling(int maxTasks, long maxMemoryBytes, Duration ttl, Duration idle) {

    /** Workers stay for as long as they can; on-demand ones while tasks wait. */
    public static final Recycling NONE = new Recycling(0, 0, Duration.ZERO, Duration.ZERO);

    /** Whether on-demand workers are kept while they have no task. */
    public boolean keepsIdle() {
        return idle.isPositive();
    }
}
