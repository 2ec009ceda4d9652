package io.parallite.dispatch;

import io.parallite.task.TaskStatus;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Supplier;

/** Picks the tasks that were submitted last out of any number, keeping no more than asked for. */
final class Newest {

    private static final Comparator<TaskStatus> BY_AGE =
            Comparator.comparingLong(TaskStatus::submittedAt);

    private final int limit;
    private final PriorityQueue<TaskStatus> picked = new PriorityQueue<>(BY_AGE);

    Newest(int limit) {
        this.limit = limit;
    }

    /** Offers a task, which is asked for only if it is among the newest so far. */
    void offer(long submittedAt, Supplier<TaskStatus> task) {
        if (picked.size() < limit) {
            picked.add(task.get());
        } else if (limit > 0 && submittedAt > picked.element().submittedAt()) {
            picked.remove();
            picked.add(task.get());
        }
    }

    /** Those picked, the newest first. */
    List<TaskStatus> list() {
        return picked.stream().sorted(BY_AGE.reversed()).toList();
    }
}
