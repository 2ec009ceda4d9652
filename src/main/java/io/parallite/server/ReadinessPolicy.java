package io.parallite.server;

import io.parallite.config.NamedPools;
import io.parallite.pool.PoolSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Decides whether a task that is submitted now would be run, and why not: for health checks, {@code
 * stats} and {@code parallite status}.
 *
 * <p>Lenient, it asks only whether this daemon may get traffic at all: a full queue, and workers
 * that do not start, are for alerts then, and a fault that all daemons share takes none of them out
 * of service.
 *
 * @param isLenient whether {@code readiness=lenient}
 */
public record ReadinessPolicy(boolean isLenient) {

    /** Why a daemon is not ready that is being drained. */
    public static final String DRAINING =
            "the daemon is being drained and takes no more tasks; `parallite resume` ends that";

    private static final String STOPPING = "the daemon is stopping";

    /**
     * Why the daemon is not ready; empty when it is.
     *
     * @param pools all there are, by name
     * @param isDraining whether it is being drained on request
     */
    public List<String> problems(Map<String, PoolSnapshot> pools, boolean isDraining) {
        if (isDraining && pools.values().stream().noneMatch(PoolSnapshot::draining)) {
            return List.of(DRAINING);
        }
        List<String> problems = new ArrayList<>();
        pools.forEach(
                (name, pool) ->
                        Stream.of(workers(pool), queue(pool))
                                .flatMap(Optional::stream)
                                .filter(ignored -> !isForgiven(pool))
                                .map(problem -> inPool(name, problem))
                                .forEach(problems::add));
        return problems.stream().distinct().toList();
    }

    /** A problem of a pool, with the pool's name unless it is the default one. */
    public static String inPool(String name, String problem) {
        return name.equals(NamedPools.DEFAULT) || problem.equals(STOPPING)
                ? problem
                : "pool %s: %s".formatted(name, problem);
    }

    /**
     * The pool that a check is to speak of: the first for which there is a problem that is not
     * forgiven, or else any problem, or else the first.
     *
     * @param look what is wrong with a pool
     */
    public Map.Entry<String, PoolSnapshot> worst(
            Map<String, PoolSnapshot> pools, Function<PoolSnapshot, Optional<String>> look) {
        List<Map.Entry<String, PoolSnapshot>> ailing =
                pools.entrySet().stream()
                        .filter(pool -> look.apply(pool.getValue()).isPresent())
                        .toList();
        return Stream.of(
                        ailing.stream().filter(pool -> !isForgiven(pool.getValue())),
                        ailing.stream(),
                        pools.entrySet().stream())
                .flatMap(each -> each)
                .findFirst()
                .orElseThrow();
    }

    /**
     * Whether what is wrong with workers and queue leaves the daemon ready. Until the first worker
     * has come up, or has failed to, nothing is known of it, and nothing forgiven.
     */
    public boolean isForgiven(PoolSnapshot pool) {
        boolean isKnown = pool.isServing() || pool.startFailure() != null || pool.restarts() > 0;
        return isLenient && isKnown && !pool.draining();
    }

    /** Why no worker would get the task. */
    public static Optional<String> workers(PoolSnapshot pool) {
        if (pool.draining()) {
            return Optional.of(STOPPING);
        }
        if (pool.isServing()) {
            return Optional.empty();
        }
        if (pool.startFailure() != null) {
            return Optional.of(
                    "workers do not start, and it is tried again: " + pool.startFailure());
        }
        if (pool.idle() + pool.busy() > 0) {
            return Optional.of(
                    "no worker has answered yet: the worker script cannot be asked, and counts when it has run for a moment");
        }
        return Optional.of(
                pool.starting() > 0
                        ? "no worker has answered yet; %d are starting".formatted(pool.starting())
                        : "no worker runs, and none is starting; the log says why they ended");
    }

    /** Why the task would not be let into the queue. */
    public static Optional<String> queue(PoolSnapshot pool) {
        if (pool.queued() < limit(pool)) {
            return Optional.empty();
        }
        String more =
                pool.coming() == 0
                        ? ""
                        : " beside places for %d in workers that are idle or may start"
                                .formatted(pool.coming());
        return Optional.of(
                "%d tasks wait and max_queue=%d%s: more are refused; raise max_workers or submit less"
                        .formatted(pool.queued(), pool.maxQueue(), more));
    }

    /** How many tasks may wait now: {@code max_queue}, and those that workers come for. */
    public static int limit(PoolSnapshot pool) {
        return pool.maxQueue() + pool.coming();
    }
}
