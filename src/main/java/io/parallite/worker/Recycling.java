package io.parallite.worker;

import java.time.Duration;

/**
 * When workers in good health are replaced; zero stands for never.
 *
 * @param maxTasks after how many tasks
 * @param maxMemoryBytes with how much resident memory, looked at between tasks
 * @param ttl at what age, between tasks
 * @param idle after how long without a task an on-demand worker ends; with zero it ends after one
 */
public record Recycling(int maxTasks, long maxMemoryBytes, Duration ttl, Duration idle) {

    /** Workers stay for as long as they can; on-demand ones for one task. */
    public static final Recycling NONE = new Recycling(0, 0, Duration.ZERO, Duration.ZERO);

    /** Whether on-demand workers stay for further tasks. */
    public boolean keepsOnDemand() {
        return idle.isPositive();
    }
}
