package io.parallite.cli;

import io.parallite.units.HumanUnits;
import io.parallite.units.Texts;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * The answer to {@code stats}, formatted for people. A figure that the daemon leaves out is shown
 * as {@code -}.
 */
record DaemonStats(Node node) {

    static final String ABSENT = "-";

    private static final int MOST_CLIENTS = 10;

    /** A worker process, and what it does. */
    record Worker(Node node) {

        String name() {
            return node.at("name").text().orElse(ABSENT);
        }

        /** Which pool it is of; empty where there is one. */
        String pool() {
            return node.at("pool").text().orElse("");
        }

        String state() {
            return node.at("state").text().orElse(ABSENT);
        }

        String task() {
            return Texts.printable(node.at("task_id").text().orElse(""));
        }

        long pid() {
            return node.at("pid").whole();
        }

        long served() {
            return node.at("served").whole();
        }

        double taskAge() {
            return node.at("task_age_ms").number().orElse(-1);
        }

        double memory() {
            return node.at("memory_bytes").number().orElse(-1);
        }

        /** Milliseconds of processor time since the worker was started. */
        OptionalDouble cpu() {
            return node.at("cpu_ms").number();
        }

        String ageText() {
            return age(node.at("age_ms"));
        }

        String taskAgeText() {
            return task().isEmpty() ? "" : age(node.at("task_age_ms"));
        }

        String memoryText() {
            return bytes(node.at("memory_bytes"));
        }
    }

    List<Worker> workers() {
        return node.at("pool").at("workers").elements().stream().map(Worker::new).toList();
    }

    /** By name, for example {@code 1 idle, 2 busy (0 kept, at most 4), 3 waiting}. */
    Map<String, String> poolTexts() {
        Map<String, String> texts = new LinkedHashMap<>();
        if (node.at("pools").value() instanceof Map<?, ?> pools) {
            for (Object name : pools.keySet()) {
                Node pool = node.at("pools").at(name.toString());
                texts.put(Texts.printable(name.toString()), poolText(pool));
            }
        }
        return texts;
    }

    private static String poolText(Node pool) {
        return "%s (%d kept, at most %d), %s%s"
                .formatted(
                        workersText(pool),
                        pool.at("fixed_workers").whole(),
                        pool.at("max_workers").whole(),
                        queueText(pool.at("queue")),
                        pool.at("paused").isTrue() ? ", paused" : "");
    }

    String version() {
        return node.at("version").text().orElse(ABSENT);
    }

    long pid() {
        return node.at("pid").whole();
    }

    String uptime() {
        return age(node.at("uptime_ms"));
    }

    long pool(String field) {
        return node.at("pool").at(field).whole();
    }

    /** Why workers do not start; empty when they do. */
    String startFailure() {
        return Texts.printable(node.at("pool").at("start_failure").text().orElse(""));
    }

    /** {@code draining}, {@code reloading}, {@code paused}, or empty. */
    String transition() {
        boolean draining = node.at("draining").isTrue();
        boolean reloading = node.at("reloading").isTrue();
        boolean paused = node.at("paused").isTrue();
        return draining ? "draining" : reloading ? "reloading" : paused ? "paused" : "";
    }

    /** Whether the daemon is ready, by its setting {@code readiness}. */
    boolean isReady() {
        return node.at("ready").isPresent() ? node.at("ready").isTrue() : isServing();
    }

    /** Why it is not. */
    List<String> problems() {
        return sentences("problems");
    }

    /** What the system has no more of. */
    List<String> shortages() {
        return sentences("shortages");
    }

    private List<String> sentences(String field) {
        return node.at(field).elements().stream()
                .flatMap(problem -> problem.text().stream())
                .map(Texts::printable)
                .toList();
    }

    /** Whether a task that is submitted now would be run. */
    private boolean isServing() {
        boolean hasWorkers = pool("idle") + pool("busy") > 0;
        return !node.at("draining").isTrue() && (hasWorkers || startFailure().isEmpty());
    }

    /** For example {@code 2 idle, 5 busy}. */
    String workersText() {
        return workersText(node.at("pool"));
    }

    private static String workersText(Node pool) {
        StringBuilder text = new StringBuilder();
        text.append(pool.at("idle").whole()).append(" idle, ");
        text.append(pool.at("busy").whole()).append(" busy");
        for (String state : List.of("starting", "ending")) {
            long count = pool.at(state).whole();
            if (count > 0) {
                text.append(", ").append(count).append(' ').append(state);
            }
        }
        return text.toString();
    }

    /** For example {@code 3: 2 crashed, 1 timeout}. */
    String restartsText() {
        String reasons = "";
        if (node.at("pool").at("restarts_by_reason").value() instanceof Map<?, ?> counts) {
            reasons =
                    counts.entrySet().stream()
                            .filter(
                                    count ->
                                            count.getValue() instanceof Number number
                                                    && number.longValue() > 0)
                            .map(count -> count.getValue() + " " + count.getKey())
                            .collect(Collectors.joining(", "));
        }
        long restarts = pool("restarts");
        return restarts + (reasons.isEmpty() ? "" : ": " + reasons.replace('_', ' '));
    }

    /** For example {@code ready, 42 forks}; empty when workers are not to be forked. */
    String templateText() {
        Node template = node.at("pool").at("template");
        String state = template.at("state").text().orElse("");
        if (state.isEmpty()) {
            return "";
        }
        long forks = template.at("forks").whole();
        String counted = HumanUnits.count(forks) + (forks == 1 ? " fork" : " forks");
        String objection = Texts.printable(template.at("objection").text().orElse(""));
        return objection.isEmpty()
                ? state + ", " + counted
                : "%s, workers are started: %s".formatted(state, objection);
    }

    /** For example {@code 12 waiting, the oldest for 340 ms}. */
    String queueText() {
        return queueText(node.at("queue"));
    }

    private static String queueText(Node queue) {
        long length = queue.at("length").whole();
        String oldest =
                length > 0 && queue.at("oldest_ms").isPresent()
                        ? ", the oldest for " + age(queue.at("oldest_ms"))
                        : "";
        return HumanUnits.count(length) + " waiting" + oldest;
    }

    String tasksText() {
        Node tasks = node.at("tasks");
        long cancelled = tasks.at("cancelled").whole();
        return "%s completed, %s failed, %s%s in flight"
                .formatted(
                        HumanUnits.count(tasks.at("completed").whole()),
                        HumanUnits.count(tasks.at("failed").whole()),
                        cancelled == 0 ? "" : HumanUnits.count(cancelled) + " cancelled, ",
                        HumanUnits.count(tasks.at("in_flight").whole()));
    }

    /** Tasks a second, over the last second and the last minute. */
    String rateText() {
        Node rate = node.at("tasks").at("rate_per_second");
        return "%s/s now, %s/s over the last minute"
                .formatted(rate(rate.at("last_second")), rate(rate.at("last_minute")));
    }

    boolean hasRates() {
        return node.at("tasks").at("rate_per_second").isPresent();
    }

    /**
     * Percentiles of the last minute, for {@code queued} or {@code ran}. Where all are 0, no task
     * has ended in that time.
     */
    String latencyText(String kind) {
        Node latencies = node.at("tasks").at("latency_ms");
        boolean hasNone = latencies.at("ran").at("max").number().orElse(0) == 0;
        Node latency = hasNone ? Node.ABSENT : latencies.at(kind);
        return "p50 %s  p90 %s  p99 %s  max %s"
                .formatted(
                        time(latency.at("p50")),
                        time(latency.at("p90")),
                        time(latency.at("p99")),
                        time(latency.at("max")));
    }

    String cacheText() {
        Node cache = node.at("cache");
        return "%s kept, %s"
                .formatted(HumanUnits.count(cache.at("entries").whole()), bytes(cache.at("bytes")));
    }

    /** Empty for a daemon on its own. */
    String clusterText() {
        Node cluster = node.at("cluster");
        if (cluster.at("node").text().isEmpty()) {
            return "";
        }
        if (!cluster.at("connected").isTrue()) {
            long kept = cluster.at("outbox").at("tasks").whole();
            return "not connected: "
                    + Texts.printable(cluster.at("problem").text().orElse(ABSENT))
                    + (kept == 0 ? "" : ", %s tasks wait for it".formatted(HumanUnits.count(kept)));
        }
        Node backlog = cluster.at("backlog");
        long dead = cluster.at("dead").whole();
        return "%d nodes, %s waiting (%d high, %d low), %d running, %d of them here%s"
                .formatted(
                        cluster.at("nodes").whole(),
                        HumanUnits.count(
                                backlog.at("high").whole()
                                        + backlog.at("normal").whole()
                                        + backlog.at("low").whole()),
                        backlog.at("high").whole(),
                        backlog.at("low").whole(),
                        cluster.at("running").whole(),
                        cluster.at("leased").whole(),
                        dead == 0 ? "" : ", %d dead letters".formatted(dead));
    }

    /**
     * For example {@code uid:1000, 2 connections, 5 tasks, 1.2 kB, 3 refused}: those with the most
     * tasks, where there are quotas.
     */
    List<String> clientTexts() {
        return node.at("clients").at("by_identity").elements().stream()
                .filter(client -> client.at("tasks").isPresent())
                .limit(MOST_CLIENTS)
                .map(DaemonStats::clientText)
                .toList();
    }

    private static String clientText(Node client) {
        long connections = client.at("connections").whole();
        long tasks = client.at("tasks").whole();
        long refused = client.at("refused").whole();
        return "%s, %s, %s of %s%s"
                .formatted(
                        Texts.printable(client.at("client").text().orElse(ABSENT)),
                        connections == 1 ? "1 connection" : connections + " connections",
                        HumanUnits.count(tasks) + (tasks == 1 ? " task" : " tasks"),
                        bytes(client.at("bytes")),
                        refused == 0 ? "" : ", %s refused".formatted(HumanUnits.count(refused)));
    }

    private static String rate(Node node) {
        OptionalDouble rate = node.number();
        return rate.isPresent() ? HumanUnits.perSecond(rate.getAsDouble()) : ABSENT;
    }

    static String time(Node milliseconds) {
        OptionalDouble time = milliseconds.number();
        return time.isPresent() ? HumanUnits.time(time.getAsDouble() * 1e6) : ABSENT;
    }

    static String age(Node milliseconds) {
        return milliseconds.isPresent()
                ? HumanUnits.age(Duration.ofMillis(milliseconds.whole()))
                : ABSENT;
    }

    static String bytes(Node bytes) {
        OptionalDouble size = bytes.number();
        return size.isPresent() ? HumanUnits.bytes(size.getAsDouble()) : ABSENT;
    }
}
