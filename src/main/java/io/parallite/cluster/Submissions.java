package io.parallite.cluster;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jboss.logging.Logger;

/**
 * Detached tasks that were accepted while Redis was away, in the memory of this daemon, which loses
 * them when it ends: as many as {@code cluster_outbox_bytes} hold. They go to Redis, in the order
 * in which they came, when it is there again. Owned by the engine's thread.
 */
final class Submissions {

    private static final Logger LOG = Logger.getLogger(Submissions.class);

    private static final Duration RETRY = Duration.ofSeconds(1);

    /** What a task takes beside its frame. */
    private static final int ENTRY = 512;

    private final Engine engine;
    private final TaskStore store;
    private final long most;
    private final BiConsumer<Task, TaskStore.Admission> onStored;
    private final Deadline retry;
    private final Map<TaskId, Entry> waiting = new LinkedHashMap<>();
    private long bytes;
    private long dropped;

    /** A task and when it was accepted, in milliseconds since the epoch. */
    private record Entry(Task task, long acceptedAt) {
        long bytes() {
            return task.frame().length + (long) ENTRY;
        }
    }

    /**
     * @param most how many bytes wait at most; 0: none is accepted
     * @param onStored told what Redis said of a task
     */
    Submissions(
            Engine engine,
            TaskStore store,
            long most,
            BiConsumer<Task, TaskStore.Admission> onStored) {
        this.engine = engine;
        this.store = store;
        this.most = most;
        this.onStored = onStored;
        this.retry = new Deadline(engine, this::flush);
    }

    /** What became of a task that Redis could not be given. */
    enum Answer {
        /** It waits here. */
        ACCEPTED,
        /** Another task of that id does. */
        CONFLICT,
        /** There is no room, or it is not asked for. */
        REFUSED
    }

    /** Keeps a task until Redis is there. */
    Answer accept(Task task) {
        Entry known = waiting.get(task.id());
        if (known != null) {
            return known.task.fingerprint() == task.fingerprint()
                    ? Answer.ACCEPTED
                    : Answer.CONFLICT;
        }
        Entry entry = new Entry(task, engine.epochMillis());
        if (bytes + entry.bytes() > most) {
            return Answer.REFUSED;
        }
        waiting.put(task.id(), entry);
        bytes += entry.bytes();
        retryLater(); // it may be there again already
        return Answer.ACCEPTED;
    }

    /** Gives Redis what waits. */
    void flush() {
        List.copyOf(waiting.values()).forEach(this::send);
    }

    private void send(Entry entry) {
        store.enqueue(entry.task)
                .subscribe()
                .with(admission -> onAdmission(entry, admission), failure -> retryLater());
    }

    private void retryLater() {
        if (!retry.isArmed()) {
            retry.arm(RETRY);
        }
    }

    private void onAdmission(Entry entry, TaskStore.Admission admission) {
        if (admission == TaskStore.Admission.FULL) {
            retryLater();
            return;
        }
        if (!remove(entry)) {
            return; // it was sent twice, or cancelled meanwhile
        }
        onStored.accept(entry.task, admission);
        if (admission == TaskStore.Admission.CONFLICT || admission == TaskStore.Admission.TAKEN) {
            dropped++;
            LOG.errorf(
                    "a task that was accepted while Redis was away is dropped: %s task=%s",
                    admission == TaskStore.Admission.TAKEN
                            ? "another task has its unique key"
                            : "another task of its id is in the cluster",
                    entry.task.id());
        }
    }

    private boolean remove(Entry entry) {
        boolean was = waiting.remove(entry.task.id(), entry);
        bytes -= was ? entry.bytes() : 0;
        return was;
    }

    /** Takes a task out; whether it was here. */
    boolean cancel(TaskId id) {
        Entry entry = waiting.get(id);
        return entry != null && remove(entry);
    }

    /** Where a task stands that waits here. */
    Optional<TaskStatus> status(TaskId id) {
        return Optional.ofNullable(waiting.get(id))
                .map(entry -> new TaskStatus(id, TaskState.PENDING, entry.acceptedAt, 0, 0, null));
    }

    /** How many wait. */
    int size() {
        return waiting.size();
    }

    /** How many bytes they take. */
    long bytes() {
        return bytes;
    }

    /** How many were accepted here and refused by Redis. */
    long dropped() {
        return dropped;
    }

    /** This daemon ends. */
    void close() {
        retry.close();
        if (!waiting.isEmpty()) {
            LOG.errorf(
                    "tasks are lost that were accepted while Redis was away: %d", waiting.size());
        }
    }
}
