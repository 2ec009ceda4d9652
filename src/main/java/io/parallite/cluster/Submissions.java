package io.parallite.cluster;

import io.parallite.cluster.store.TaskStore;
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
 * Detached tasks that were accepted while Redis was unreachable, up to {@code
 * cluster_outbox_bytes}. They are held in memory, and lost when the daemon ends. They are stored in
 * Redis, in order, when it is reachable again. Owned by the engine's thread.
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
     * @param onStored called with the reply of Redis about a task
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

    /** The result of keeping a task that could not be stored in Redis. */
    enum Answer {
        /** It is kept. */
        ACCEPTED,
        /** Another task of that id is kept. */
        CONFLICT,
        /** The buffer is full or switched off. */
        REFUSED
    }

    /** Keeps a task until Redis is reachable. */
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
        retryLater(); // it may be reachable again already
        return Answer.ACCEPTED;
    }

    /** Stores the kept tasks in Redis. */
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
                    "a task that was accepted while Redis was unreachable is dropped: %s task=%s",
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

    /** Removes a task; tells whether it was kept. */
    boolean cancel(TaskId id) {
        Entry entry = waiting.get(id);
        return entry != null && remove(entry);
    }

    /** The status of a kept task. */
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

    /** The daemon ends. */
    void close() {
        retry.close();
        if (!waiting.isEmpty()) {
            LOG.errorf(
                    "tasks are lost that were accepted while Redis was unreachable: %d",
                    waiting.size());
        }
    }
}
