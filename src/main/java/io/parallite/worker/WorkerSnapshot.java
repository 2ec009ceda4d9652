package io.parallite.worker;

import io.parallite.process.WorkerName;
import io.parallite.worker.WorkerState.AtTask;
import java.time.Duration;
import java.util.Locale;
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
        long taskAgeMillis) {

    static WorkerSnapshot of(WorkerName name, WorkerState state, WorkerHistory history) {
        AtTask task = state instanceof AtTask atTask ? atTask : null;
        return new WorkerSnapshot(
                name.value(),
                state.channel().pid(),
                state.phase().name().toLowerCase(Locale.ROOT),
                history.served(),
                history.age().toMillis(),
                task == null ? null : task.exchange().taskId(),
                task == null ? 0 : Duration.ofNanos(history.nanosSinceLease()).toMillis());
    }
}
