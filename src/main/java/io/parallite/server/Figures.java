package io.parallite.server;

import io.parallite.cluster.Cluster;
import io.parallite.dispatch.DispatchSnapshot;
import io.parallite.dispatch.Dispatcher;
import io.parallite.engine.Engine;
import io.parallite.history.Percentiles;
import io.parallite.history.TaskFigures;
import io.parallite.pool.PoolSnapshot;
import io.parallite.pool.Pools;
import io.parallite.process.TemplateSnapshot;
import io.parallite.process.resources.ProcessSampler;
import io.parallite.process.resources.ProcessUsage;
import io.parallite.worker.WorkerSnapshot;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What {@code ping} and {@code stats} answer. Owned by the engine's thread. */
public final class Figures {

    private static final double DECIMALS = 1000;

    private final Engine engine;
    private final Dispatcher dispatcher;
    private final ProcessSampler sampler;
    private final String version;
    private volatile Map<String, Object> settings;
    private volatile ReadinessPolicy readiness;
    private final long startedAt;
    private Supplier<List<String>> shortages = List::of;
    private Supplier<Map<String, Object>> effective = Map::of;
    private Supplier<Map<String, Object>> shared = Map::of;
    private Supplier<Map<String, Object>> clients = Map::of;

    /**
     * @param settings the limits that are in force, as {@code stats} tells them
     */
    public Figures(
            Engine engine,
            Dispatcher dispatcher,
            ProcessSampler sampler,
            String version,
            Map<String, Object> settings,
            ReadinessPolicy readiness) {
        this.engine = engine;
        this.dispatcher = dispatcher;
        this.sampler = sampler;
        this.version = version;
        this.settings = settings;
        this.readiness = readiness;
        this.startedAt = engine.epochMillis();
    }

    /** The version of this daemon. */
    public String version() {
        return version;
    }

    /** Adds the exhausted resources of the system to {@code stats}, a sentence each. */
    public void tellShortages(Supplier<List<String>> source) {
        shortages = source;
    }

    /** Sets the source of {@link #settings}. */
    public void tellSettings(Supplier<Map<String, Object>> source) {
        effective = source;
    }

    /** Sets the limits to report, and the policy of readiness. */
    public void configure(Map<String, Object> limits, ReadinessPolicy policy) {
        settings = limits;
        readiness = policy;
    }

    /** Adds the values that tasks share to {@code stats}. */
    void tellShared(Supplier<Map<String, Object>> source) {
        shared = source;
    }

    /** Adds the connected clients to {@code stats}. */
    void tellClients(Supplier<Map<String, Object>> source) {
        clients = source;
    }

    /** The policy of readiness. */
    public ReadinessPolicy readiness() {
        return readiness;
    }

    /** {@code {version, pid, uptime_ms}}. */
    public Map<String, Object> ping() {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("version", version);
        figures.put("pid", ProcessHandle.current().pid());
        figures.put("uptime_ms", engine.epochMillis() - startedAt);
        return figures;
    }

    /** {@code {settings}}: those that are in force and where they come from, without secrets. */
    public Map<String, Object> settings() {
        return Map.of("settings", effective.get());
    }

    /**
     * What can be steered, as it is now: {@code {fixed_workers, paused, draining, in_flight}}.
     *
     * @param pool whose workers and pause; {@code null}: the workers of the default one, and
     *     whether all are paused
     * @throws io.parallite.task.TaskException when there is no such pool
     */
    public Map<String, Object> control(@Nullable String pool) {
        Pools pools = dispatcher.pools();
        PoolSnapshot chosen = pools.get(pool).snapshot();
        DispatchSnapshot tasks = dispatcher.snapshot();
        Map<String, Object> figures = new LinkedHashMap<>();
        if (pool != null) {
            figures.put("pool", pool);
        }
        figures.put("fixed_workers", chosen.fixed());
        figures.put("paused", pool == null ? pools.snapshot().paused() : chosen.paused());
        figures.put("draining", chosen.draining() || tasks.draining());
        figures.put("in_flight", tasks.inFlight());
        return figures;
    }

    /**
     * The figures of {@link #ping}, {@code memory_bytes} where it is known, and {@code ready},
     * {@code problems}, {@code shortages}, {@code draining}, {@code stopping}, {@code paused},
     * {@code reloading}, {@code pool}, {@code pools} where some are named, {@code queue}, {@code
     * tasks}, {@code clients}, {@code cache}, {@code shared}, {@code cluster} where there is one,
     * {@code settings}. Waits for a look at the workers' processes; never fails.
     */
    public Uni<Map<String, Object>> stats() {
        List<Long> pids = new ArrayList<>();
        for (WorkerSnapshot worker : dispatcher.pools().snapshot().workers()) {
            if (worker.pid() > 0) {
                pids.add(worker.pid());
            }
        }
        return sampler.sample(pids).map(this::stats);
    }

    private Map<String, Object> stats(Map<Long, ProcessUsage> usage) {
        Map<String, PoolSnapshot> pools = dispatcher.pools().snapshots();
        PoolSnapshot pool = PoolSnapshot.sum(pools);
        DispatchSnapshot tasks = dispatcher.snapshot();
        Map<String, Object> figures = ping();
        ProcessUsage own = usage.get(ProcessHandle.current().pid());
        if (own != null && own.memoryBytes() >= 0) {
            figures.put("memory_bytes", own.memoryBytes());
        }
        List<String> problems = readiness.problems(pools, tasks.draining());
        figures.put("ready", problems.isEmpty());
        figures.put("problems", problems);
        figures.put("shortages", shortages.get());
        figures.put("draining", pool.draining() || tasks.draining());
        figures.put("stopping", pool.draining());
        figures.put("paused", pool.paused());
        figures.put("reloading", pool.reloading());
        Map<String, Object> all = pool(pool);
        all.put("workers", workers(pools, usage));
        figures.put("pool", all);
        if (pools.size() > 1) {
            figures.put("pools", pools(pools));
        }
        figures.put("queue", queue(pool));
        figures.put("tasks", tasks(tasks, dispatcher.log().figures()));
        figures.put("clients", clients.get());
        figures.put("cache", Map.of("entries", tasks.retained(), "bytes", tasks.retainedBytes()));
        figures.put("shared", shared.get());
        Cluster cluster = dispatcher.cluster();
        if (cluster != null) {
            figures.put("cluster", cluster.snapshot().figures());
        }
        figures.put("settings", settings);
        return figures;
    }

    /** What each has of its own, by name, beside the sums over all. */
    private static Map<String, Object> pools(Map<String, PoolSnapshot> pools) {
        Map<String, Object> figures = new LinkedHashMap<>();
        pools.forEach(
                (name, pool) -> {
                    Map<String, Object> own = pool(pool);
                    own.put("queue", queue(pool));
                    own.put("paused", pool.paused());
                    figures.put(name, own);
                });
        return figures;
    }

    /** Those of all pools, each with the name of its pool where there are several. */
    private static List<Map<String, Object>> workers(
            Map<String, PoolSnapshot> pools, Map<Long, ProcessUsage> usage) {
        List<Map<String, Object>> workers = new ArrayList<>();
        pools.forEach(
                (name, pool) -> {
                    for (WorkerSnapshot each : pool.workers()) {
                        Map<String, Object> figures = worker(each, usage.get(each.pid()));
                        if (pools.size() > 1) {
                            figures.put("pool", name);
                        }
                        workers.add(figures);
                    }
                });
        return workers;
    }

    private static Map<String, Object> pool(PoolSnapshot pool) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("fixed_workers", pool.fixed());
        figures.put("max_workers", pool.max());
        figures.put("idle", pool.idle());
        figures.put("busy", pool.busy());
        figures.put("starting", pool.starting());
        figures.put("ending", pool.ending());
        figures.put("restarts", pool.restarts());
        figures.put("restarts_by_reason", pool.restartsByReason());
        TemplateSnapshot template = pool.template();
        if (template != null) {
            figures.put("template", template(template));
        }
        if (pool.startFailure() != null) {
            figures.put("start_failure", pool.startFailure());
        }
        return figures;
    }

    private static Map<String, Object> template(TemplateSnapshot template) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("state", template.state());
        if (template.pid() > 0) {
            figures.put("pid", template.pid());
        }
        figures.put("booted", template.booted());
        figures.put("forks", template.forks());
        if (template.objection() != null) {
            figures.put("objection", template.objection());
        }
        return figures;
    }

    private static Map<String, Object> worker(WorkerSnapshot worker, @Nullable ProcessUsage usage) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("name", worker.name());
        figures.put("pid", worker.pid());
        figures.put("state", worker.state());
        figures.put("served", worker.served());
        figures.put("age_ms", worker.ageMillis());
        if (worker.task() != null) {
            figures.put("task_id", worker.task());
            figures.put("task_age_ms", worker.taskAgeMillis());
        }
        if (usage != null && usage.memoryBytes() >= 0) {
            figures.put("memory_bytes", usage.memoryBytes());
        }
        if (usage != null && usage.cpuMillis() >= 0) {
            figures.put("cpu_ms", usage.cpuMillis());
        }
        return figures;
    }

    private static Map<String, Object> queue(PoolSnapshot pool) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("length", pool.queued());
        figures.put("limit", ReadinessPolicy.limit(pool));
        figures.put("oldest_ms", pool.oldestQueuedMillis());
        return figures;
    }

    private static Map<String, Object> tasks(DispatchSnapshot tasks, TaskFigures lately) {
        Map<String, Object> rate = new LinkedHashMap<>();
        rate.put("last_second", lately.perSecond());
        rate.put("last_minute", Math.round(lately.perSecondOfMinute() * DECIMALS) / DECIMALS);
        Map<String, Object> latency = new LinkedHashMap<>();
        latency.put("queued", percentiles(lately.queued()));
        latency.put("ran", percentiles(lately.ran()));
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("submitted", tasks.submitted());
        figures.put("completed", tasks.completed());
        figures.put("failed", tasks.failed());
        figures.put("cancelled", tasks.cancelled());
        figures.put("in_flight", tasks.inFlight());
        figures.put("rate_per_second", rate);
        figures.put("latency_ms", latency);
        return figures;
    }

    private static Map<String, Object> percentiles(Percentiles durations) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("p50", durations.p50());
        figures.put("p90", durations.p90());
        figures.put("p99", durations.p99());
        figures.put("max", durations.max());
        return figures;
    }
}
