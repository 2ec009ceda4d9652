package io.parallite.history;

import io.parallite.task.FailureGroup;
import io.parallite.task.FailurePlace;
import io.parallite.task.TaskDetail;
import io.parallite.task.TaskFailure;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskStatus;
import io.parallite.wire.ReplyDetail;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last {@value #KEPT} failures, each with the worker's reply, and the number of failures by
 * kind and place. Owned by the engine's thread.
 *
 * <p>Takes no more than 4 MiB: replies of up to {@value #WHOLE} bytes are kept whole, of longer
 * ones what {@link ReplyDetail} keeps, of those over {@value #LONGEST} bytes nothing. The {@value
 * #GROUPS} groups with the latest failures are kept.
 */
final class FailureBook {

    static final int KEPT = 100;
    static final int GROUPS = 100;
    static final int WHOLE = 16 * 1024;

    /** A longer reply is not read once more on the event loop. */
    private static final int LONGEST = 1024 * 1024;

    private final ArrayDeque<TaskDetail> kept = new ArrayDeque<>();
    private final LinkedHashMap<Kind, FailureGroup> groups = new LinkedHashMap<>();

    /** What failures of one group have in common. */
    private record Kind(String code, FailurePlace place) {}

    /**
     * Adds the failure of a task that has ended with {@code result}; gives the record that is kept.
     */
    TaskDetail add(TaskStatus failed, TaskResult result) {
        TaskDetail detail = new TaskDetail(failed, reply(result));
        add(detail);
        return detail;
    }

    /** Adds a failure whose record was kept in a file. */
    void add(TaskDetail failed) {
        if (kept.size() == KEPT) {
            kept.removeFirst();
        }
        kept.addLast(failed);
        TaskFailure failure = failed.status().failure();
        if (failure != null) {
            count(failure, failed.status());
        }
    }

    private void count(TaskFailure failure, TaskStatus failed) {
        long at = failed.finishedAt();
        Kind kind = new Kind(failure.code(), failure.place());
        FailureGroup known = groups.remove(kind);
        if (known == null && groups.size() == GROUPS) {
            groups.pollFirstEntry();
        }
        groups.put(
                kind,
                known == null
                        ? new FailureGroup(failure, 1, at, at, failed.id())
                        : known.plus(failure, at, failed.id()));
    }

    private static byte @Nullable [] reply(TaskResult result) {
        if (!(result instanceof TaskResult.Replied(byte[] frame, boolean ignored))
                || frame.length > LONGEST) {
            return null;
        }
        return frame.length <= WHOLE ? frame : ReplyDetail.cut(frame);
    }

    /** The failures that are kept, the newest first. */
    List<TaskStatus> newestFirst() {
        List<TaskStatus> list = new ArrayList<>(kept.size());
        for (Iterator<TaskDetail> it = kept.descendingIterator(); it.hasNext(); ) {
            list.add(it.next().status());
        }
        return list;
    }

    /** The newest failure of this id; {@code null} when none is kept. */
    @Nullable TaskDetail find(TaskId id) {
        for (Iterator<TaskDetail> it = kept.descendingIterator(); it.hasNext(); ) {
            TaskDetail failed = it.next();
            if (failed.status().id().equals(id)) {
                return failed;
            }
        }
        return null;
    }

    /** The groups, the one with the latest failure first; {@code limit} of them at most. */
    List<FailureGroup> groups(int limit) {
        List<FailureGroup> list = new ArrayList<>();
        for (Map.Entry<Kind, FailureGroup> group : groups.sequencedEntrySet().reversed()) {
            if (list.size() == limit) {
                break;
            }
            list.add(group.getValue());
        }
        return list;
    }
}
