package io.parallite.history;

import io.parallite.engine.Engine;
import io.parallite.engine.Guard;
import io.parallite.task.FailureGroup;
import io.parallite.task.TaskDetail;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What has happened lately: the last {@value #RECENT} tasks that ended, the {@link FailureBook} of
 * those that failed, and rates and durations over the last minute. Its memory does not grow. Owned
 * by the engine's thread.
 */
public final class TaskLog {

    /** How many of the tasks that ended last are remembered. */
    public static final int RECENT = 200;

    /** How many failures are remembered. */
    public static final int FAILURES = FailureBook.KEPT;

    private final Engine engine;
    private final TaskRing recent = new TaskRing(RECENT);
    private final FailureBook failures = new FailureBook();
    private final RollingHistogram queued = new RollingHistogram();
    private final RollingHistogram ran = new RollingHistogram();
    private final RateMeter rate;
    private final FailureLog failureLog = new FailureLog();
    private volatile @Nullable FailureFile file;

    /** A log of nothing. */
    public TaskLog(Engine engine) {
        this.engine = engine;
        this.rate = new RateMeter(engine.nanoTime());
    }

    /** Adds a task that has ended with {@code result} at the time {@code now}. */
    public void add(TaskStatus ended, TaskResult result, long now) {
        rate.count(now);
        recent.add(ended);
        if (ended.worker() != null) {
            queued.record(ended.queuedNanos(), now);
            ran.record(ended.ranNanos(), now);
        }
        if (ended.state() == TaskState.FAILED) {
            keep(failures.add(ended, result));
            Guard.run("logging a failure", () -> failureLog.add(ended, now));
        }
    }

    private void keep(TaskDetail failed) {
        FailureFile asked = file;
        if (asked != null) {
            asked.append(failed);
        }
    }

    /** Loads the failures in {@code asked}, and appends new ones to it from now on. Blocks. */
    public void keepIn(FailureFile asked) {
        asked.read(failures::add);
        file = asked;
    }

    /** Has all failures be kept, and waits a little for that. Any thread. */
    public void close() {
        FailureFile asked = file;
        if (asked != null) {
            asked.close();
        }
    }

    /** The details of the ended task of this id, if they are still kept. */
    public Optional<TaskDetail> find(TaskId id) {
        TaskDetail failed = failures.find(id);
        return failed != null
                ? Optional.of(failed)
                : recent.newestFirst().stream()
                        .filter(task -> task.id().equals(id))
                        .findFirst()
                        .map(task -> new TaskDetail(task, null));
    }

    /** Failures by kind and place, {@code limit} groups at most, the one met last first. */
    public List<FailureGroup> failures(int limit) {
        return failures.groups(limit);
    }

    /** The tasks that ended last and those that failed last; among those, newest end first. */
    public List<TaskStatus> ended() {
        List<TaskStatus> list = new ArrayList<>(recent.newestFirst());
        Set<TaskStatus> listed = Collections.newSetFromMap(new IdentityHashMap<>());
        listed.addAll(list);
        for (TaskStatus failed : failures.newestFirst()) {
            if (listed.add(failed)) {
                list.add(failed);
            }
        }
        return list;
    }

    /** Rates and durations as they are now. */
    public TaskFigures figures() {
        long now = engine.nanoTime();
        return new TaskFigures(
                rate.lastSecond(now),
                rate.lastMinute(now),
                queued.percentiles(now),
                ran.percentiles(now));
    }
}
