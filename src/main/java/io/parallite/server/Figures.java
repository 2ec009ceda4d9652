package io.parallite.server;

import io.parallite.dispatch.DispatchSnapshot;
import io.parallite.dispatch.Dispatcher;
import io.parallite.engine.Engine;
import io.parallite.worker.PoolSnapshot;
import io.parallite.worker.PoolSnapshot.WorkerSnapshot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@code ping} and {@code stats} answer. Owned by the engine's thread. */
public final class Figures {

    private final Engine engine;
    private final Dispatcher dispatcher;
    private final String version;
    private final long startedAt;

    public Figures(Engine engine, Dispatcher dispatcher, String version) {
        this.engine = engine;
        this.dispatcher = dispatcher;
        this.version = version;
        this.startedAt = engine.epochMillis();
    }

    /** The version of this daemon. */
    public String version() {
        return version;
    }

    /** {@code {version, pid, uptime_ms}}. */
    Map<String, Object> ping() {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("version", version);
        figures.put("pid", ProcessHandle.current().pid());
        figures.put("uptime_ms", engine.epochMillis() - startedAt);
        return figures;
    }

    /**
     * The figures of {@link #ping} and those of {@code pool}, {@code queue}, {@code tasks}, {@code
     * cache}.
     */
    public Map<String, Object> stats() {
        PoolSnapshot pool = dispatcher.poolSnapshot();
        DispatchSnapshot tasks = dispatcher.snapshot();
        Map<String, Object> figures = ping();
        figures.put("pool", pool(pool));
        figures.put("queue", Map.of("length", pool.queued()));
        figures.put("tasks", tasks(tasks));
        figures.put("cache", Map.of("entries", tasks.retained(), "bytes", tasks.retainedBytes()));
        return figures;
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
        if (pool.startFailure() != null) {
            figures.put("start_failure", pool.startFailure());
        }
        List<Map<String, Object>> workers = new ArrayList<>();
        for (WorkerSnapshot worker : pool.workers()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("name", worker.name());
            one.put("pid", worker.pid());
            one.put("state", worker.state());
            one.put("served", worker.served());
            if (worker.task() != null) {
                one.put("task_id", worker.task());
            }
            workers.add(one);
        }
        figures.put("workers", workers);
        return figures;
    }

    private static Map<String, Object> tasks(DispatchSnapshot tasks) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("submitted", tasks.submitted());
        figures.put("completed", tasks.completed());
        figures.put("failed", tasks.failed());
        figures.put("in_flight", tasks.inFlight());
        return figures;
    }
}
