package io.parallite.worker;

import org.jspecify.annotations.Nullable;

/**
 * One worker as of one moment; any thread may read it.
 *
 * @param pid its process id, 0 while it has none
 * @param served how many tasks it has answered
 * @param ageMillis since it was launched
 * @param task the id of the task it runs
 * @param taskAgeMillis since it was given that task
 */
public record WorkerSnapshot(
        String name,
        long pid,
        String state,
        long served,
        long ageMillis,
        @Nullable String task,
        long taskAgeMillis) {}
