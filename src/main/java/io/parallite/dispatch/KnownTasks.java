package io.parallite.dispatch;

import io.parallite.engine.Engine;
import io.parallite.history.Failures;
import io.parallite.history.TaskLog;
import io.parallite.pool.Lane;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskDetail;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.smallrye.mutiny.Uni;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The tasks that this daemon knows, by id.
 *
 * <p>A task is known in up to three ways: it is <em>in flight</em>, from its submit to its end; its
 * result is <em>retained</em> in the {@link TaskCache}; and its status is <em>remembered</em> by
 * the {@link TaskLog}, without the result. An id that is in flight or retained belongs to that
 * task: it is answered for the same payload, and is a {@code CONFLICT} for another one. A task that
 * its worker has refused is retained for those who await it, but may be submitted again.
 *
 * <p>Tasks of other nodes are not known here; see {@link Dispatcher#isShared}. Owned by the
 * engine's thread.
 */
public final class KnownTasks {

    private final Engine engine;
    private final TaskCache cache;
    private final TaskLog log;
    private final LinkedHashMap<TaskId, TaskRun> inFlight = new LinkedHashMap<>();

    KnownTasks(Engine engine, TaskCache cache) {
        this.engine = engine;
        this.cache = cache;
        this.log = new TaskLog(engine);
    }

    /** The tasks that have ended last, and figures over them. */
    public TaskLog log() {
        return log;
    }

    // In flight

    /** How many are in flight. */
    int inFlight() {
        return inFlight.size();
    }

    /** The task of this id that is in flight; {@code null} when there is none. */
    @Nullable TaskRun find(TaskId id) {
        return inFlight.get(id);
    }

    /** {@code run} is in flight from now on; its id must not be known. */
    void add(TaskRun run) {
        inFlight.put(run.task().id(), run);
    }

    /** {@code run} ends; {@code false} when it has ended before. */
    boolean remove(TaskRun run) {
        return inFlight.remove(run.task().id(), run);
    }

    /** Those in flight that are to be cancelled as the client with this lane has disconnected. */
    List<TaskRun> abandonedBy(Lane lane) {
        return inFlight.values().stream().filter(run -> run.isAbandonedBy(lane)).toList();
    }

    // Ended

    /** Keeps the result of a task that has ended, if it is one to keep. */
    void retain(TaskRun run, TaskResult result, long now) {
        Task task = run.task();
        if (Failures.isWorthRetaining(result)) {
            cache.put(
                    task.id(), new TaskCache.Retained(task.fingerprint(), run.status(now), result));
        }
    }

    /** Drops results that are past their time. */
    public void sweep() {
        cache.sweep();
    }

    /** How many results are retained. */
    long retained() {
        return cache.size();
    }

    /** What the retained results are charged, in bytes. */
    long retainedBytes() {
        return cache.bytes();
    }

    /** The retained task that a submit of this id does not run again; {@code null} for none. */
    private TaskCache.@Nullable Retained settled(TaskId id) {
        TaskCache.Retained task = cache.find(id);
        return task == null || Failures.isRefusal(task.result()) ? null : task;
    }

    // By id

    /** Whether a task of this id is in flight or retained, so that its submit runs nothing. */
    public boolean has(TaskId id) {
        return inFlight.containsKey(id) || (cache.has(id) && settled(id) != null);
    }

    /**
     * The result for a submit of {@code task} whose id {@link #has} a task already: that of the
     * same task, or a {@code CONFLICT}; {@code null} when {@code task} is new.
     */
    @Nullable Uni<TaskResult> join(Task task) {
        TaskRun run = inFlight.get(task.id());
        if (run != null) {
            return run.isSameAs(task) ? run.result() : conflict(task.id(), "in flight");
        }
        TaskCache.Retained retained = settled(task.id());
        if (retained == null) {
            return null;
        }
        return retained.fingerprint() == task.fingerprint()
                ? Uni.createFrom().item(retained.result())
                : conflict(task.id(), "retained");
    }

    private static Uni<TaskResult> conflict(TaskId id, String state) {
        return Uni.createFrom()
                .item(
                        new TaskResult.Failed(
                                FailureKind.CONFLICT,
                                "another payload is %s under task_id \"%s\"; give every task an id of its own"
                                        .formatted(state, id)));
    }

    /**
     * The result of a task that is in flight or retained; empty when there is no such task.
     * Cancelling leaves the task running.
     */
    public Optional<Uni<TaskResult>> await(TaskId id) {
        TaskRun run = inFlight.get(id);
        if (run != null) {
            return Optional.of(run.result());
        }
        return Optional.ofNullable(cache.find(id))
                .map(retained -> Uni.createFrom().item(retained.result()));
    }

    /** The state of a task that is in flight or retained. */
    public Optional<TaskStatus> status(TaskId id) {
        TaskRun run = inFlight.get(id);
        return run != null
                ? Optional.of(run.status(engine.nanoTime()))
                : Optional.ofNullable(cache.status(id));
    }

    /**
     * Has {@link #detail} know from now on what a running task prints, where that is possible.
     *
     * @return whether what it has printed so far may be known in a moment
     */
    public boolean listen(TaskId id) {
        TaskRun run = inFlight.get(id);
        return run != null && run.listen();
    }

    /** All that is known of a task that is in flight, retained, or remembered. */
    public Optional<TaskDetail> detail(TaskId id) {
        TaskRun run = inFlight.get(id);
        if (run != null) {
            return Optional.of(run.detail(engine.nanoTime()));
        }
        TaskCache.Retained retained = cache.find(id);
        return retained == null ? log.find(id) : Optional.of(retained.detail(log.find(id)));
    }

    /**
     * The tasks in flight and those that {@link TaskLog} remembers, the last submitted first.
     *
     * @param limit at most that many
     * @param state only those in this state, or {@code null} for all
     */
    public List<TaskStatus> list(int limit, @Nullable TaskState state) {
        Newest newest = new Newest(limit);
        long now = engine.nanoTime();
        for (TaskStatus ended : log.ended()) {
            if (state == null || ended.state() == state) {
                newest.offer(ended.submittedAt(), () -> ended);
            }
        }
        int offered = 0;
        for (TaskRun run : inFlight.sequencedValues().reversed()) {
            if (offered == limit) {
                break; // the others are older
            }
            if (state == null || run.state() == state) {
                newest.offer(run.submittedAt(), () -> run.status(now));
                offered++;
            }
        }
        return newest.list();
    }

    /**
     * Picks the tasks that were submitted last out of any number, keeping no more than asked for.
     */
    private static final class Newest {
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
}
