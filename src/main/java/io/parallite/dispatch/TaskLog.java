package io.parallite.dispatch;

import io.parallite.engine.Engine;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * What has happened lately: the last {@value #RECENT} tasks that ended, the last {@value #FAILURES}
 * that failed, and rates and durations over the last minute. Knows no payloads and no results, and
 * its memory does not grow. Owned by the engine's thread.
 */
public final class TaskLog {

    static final int RECENT = 200;
    static final int FAILURES = 100;

    private final Engine engine;
    private final TaskRing recent = new TaskRing(RECENT);
    private final TaskRing failures = new TaskRing(FAILURES);
    private final RollingHistogram queued = new RollingHistogram();
    private final RollingHistogram ran = new RollingHistogram();
    private final RateMeter rate;
    private final FailureLog failureLog = new FailureLog();

    TaskLog(Engine engine) {
        this.engine = engine;
        this.rate = new RateMeter(engine.nanoTime());
    }

    /** Takes note of a task that has ended at the time {@code now}. */
    void add(TaskStatus ended, long now) {
        rate.count(now);
        recent.add(ended);
        if (ended.state() == TaskState.FAILED) {
            failures.add(ended);
        }
        if (ended.worker() != null) {
            queued.record(ended.queuedNanos(), now);
            ran.record(ended.ranNanos(), now);
        }
    }

    /** Has the daemon's log say that {@code failed} ended with {@code result}. */
    void logFailure(TaskStatus failed, TaskResult result, long now) {
        failureLog.add(failed, result, now);
    }

    /** The tasks that ended last and those that failed last; among those, newest end first. */
    List<TaskStatus> ended() {
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
