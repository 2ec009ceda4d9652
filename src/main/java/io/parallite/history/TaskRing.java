package io.parallite.history;

import io.parallite.task.TaskStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The tasks that were added last, as many as there are places. Owned by one thread. */
final class TaskRing {

    private final @Nullable TaskStatus[] places;
    private int next;

    TaskRing(int size) {
        places = new TaskStatus[size];
    }

    /** Adds {@code task} in the place of the oldest. */
    void add(TaskStatus task) {
        places[next] = task;
        next = next + 1 == places.length ? 0 : next + 1;
    }

    /** Those that are there, the last added first. */
    List<TaskStatus> newestFirst() {
        List<TaskStatus> list = new ArrayList<>();
        for (int i = 1; i <= places.length; i++) {
            TaskStatus task = places[Math.floorMod(next - i, places.length)];
            if (task != null) {
                list.add(Objects.requireNonNull(task));
            }
        }
        return list;
    }
}
