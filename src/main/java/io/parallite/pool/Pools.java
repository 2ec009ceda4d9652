package io.parallite.pool;

import io.parallite.config.NamedPools;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import io.parallite.units.Texts;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The pools of workers that there are: {@link NamedPools#DEFAULT}, which serves tasks that name
 * none, and those that the configuration names. Each has workers, a queue and limits of its own,
 * and no task waits for a worker of another. Owned by the engine's thread.
 */
public final class Pools {

    private final Map<String, WorkerPool> byName;
    private final WorkerPool main;
    private @Nullable Uni<ReloadOutcome> reloading;

    /**
     * @param byName the pools in the order in which they are shown; {@link NamedPools#DEFAULT} is
     *     the first
     */
    public Pools(Map<String, WorkerPool> byName) {
        this.byName = Collections.unmodifiableMap(new LinkedHashMap<>(byName));
        this.main = Objects.requireNonNull(byName.get(NamedPools.DEFAULT));
    }

    /** The one pool there is. */
    public static Pools of(WorkerPool main) {
        return new Pools(Map.of(NamedPools.DEFAULT, main));
    }

    /** The pool of tasks that name none. */
    public WorkerPool main() {
        return main;
    }

    /** The pool of this name, or the main one for {@code null}; {@code null} when there is none. */
    public @Nullable WorkerPool find(@Nullable String name) {
        return name == null ? main : byName.get(name);
    }

    /**
     * The same.
     *
     * @throws TaskException of kind {@link FailureKind#INVALID_REQUEST} when there is none
     */
    public WorkerPool get(@Nullable String name) {
        WorkerPool pool = find(name);
        if (pool == null) {
            throw new TaskException(FailureKind.INVALID_REQUEST, explainMissing(name));
        }
        return pool;
    }

    /** Why there is no pool of this name, and which there are. */
    public String explainMissing(@Nullable String name) {
        return "there is no pool \"%s\"; there are %s; add it to pools in parallite.json"
                .formatted(Texts.escape(String.valueOf(name)), String.join(", ", byName.keySet()));
    }

    /** All of them by name. */
    public Map<String, WorkerPool> all() {
        return byName;
    }

    /** Whether there are others than the main one. */
    public boolean areSeveral() {
        return byName.size() > 1;
    }

    /** Starts the persistent workers of all. */
    public void start() {
        byName.values().forEach(WorkerPool::start);
    }

    /** Pauses one, or all for {@code null}; see {@link WorkerPool#pause}. */
    public void pause(@Nullable String name) {
        chosen(name).forEach(WorkerPool::pause);
    }

    /** Ends {@link #pause}. */
    public void resume(@Nullable String name) {
        chosen(name).forEach(WorkerPool::resume);
    }

    private Collection<WorkerPool> chosen(@Nullable String name) {
        return name == null ? byName.values() : List.of(get(name));
    }

    /**
     * Replaces the workers of all pools; see {@link WorkerPool#reload}. The main one goes first,
     * which reads the configuration; when it fails, the others are left alone. When one of those
     * fails it keeps its workers, and the outcome says so. A request during a reload joins it.
     */
    public Uni<ReloadOutcome> reload() {
        if (!areSeveral()) {
            return main.reload();
        }
        Uni<ReloadOutcome> running = reloading;
        if (running == null) {
            running =
                    main.reload()
                            .flatMap(this::reloadOthers)
                            .onTermination()
                            .invoke(() -> reloading = null)
                            .memoize()
                            .indefinitely();
            reloading = running;
        }
        return running;
    }

    private Uni<ReloadOutcome> reloadOthers(ReloadOutcome first) {
        if (!(first instanceof ReloadOutcome.Done done)) {
            return Uni.createFrom().item(first);
        }
        List<String> names = byName.keySet().stream().skip(1).toList();
        List<Uni<ReloadOutcome>> others = names.stream().map(name -> get(name).reload()).toList();
        return Uni.join()
                .all(others)
                .andFailFast()
                .map(outcomes -> together(done, names, outcomes));
    }

    private static ReloadOutcome together(
            ReloadOutcome.Done main, List<String> names, List<ReloadOutcome> outcomes) {
        ReloadOutcome.Done all = main;
        List<String> failures = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            switch (outcomes.get(i)) {
                case ReloadOutcome.Done other -> all = all.and(other);
                case ReloadOutcome.Failed(String why) ->
                        failures.add("pool %s: %s".formatted(names.get(i), why));
            }
        }
        return failures.isEmpty()
                ? all
                : new ReloadOutcome.Failed(
                        "the workers of the other pools were replaced; "
                                + String.join("; ", failures));
    }

    /** Takes no more tasks in any of them; see {@link WorkerPool#drain}. */
    public void drain() {
        byName.values().forEach(WorkerPool::drain);
    }

    /** Stops all, and calls {@code whenEmpty} once the last process is gone. */
    public void stop(Runnable whenEmpty) {
        int[] left = {byName.size()};
        for (WorkerPool pool : byName.values()) {
            pool.stop(
                    () -> {
                        left[0]--;
                        if (left[0] == 0) {
                            whenEmpty.run();
                        }
                    });
        }
    }

    /** All pools as they are now, by name. */
    public Map<String, PoolSnapshot> snapshots() {
        Map<String, PoolSnapshot> snapshots = new LinkedHashMap<>();
        byName.forEach((name, pool) -> snapshots.put(name, pool.snapshot()));
        return snapshots;
    }

    /** All pools as if they were one. */
    public PoolSnapshot snapshot() {
        return PoolSnapshot.sum(snapshots());
    }
}
