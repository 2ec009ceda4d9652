package io.parallite.admin;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.parallite.pool.PoolSnapshot;
import io.parallite.process.TemplateSnapshot;
import io.parallite.process.resources.ProcessUsage;
import io.parallite.server.ReadinessPolicy;
import io.parallite.server.Traffic;
import io.parallite.worker.WorkerSnapshot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The daemon's figures as metrics of Prometheus, in base units: seconds and bytes.
 *
 * <p>Gauges never look at the engine: they read the snapshot that {@link #scrape} is given, so what
 * a scrape returns is of one moment. Any thread.
 */
final class Metrics {

    private static final double MILLIS_PER_SECOND = 1000;

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final MultiGauge memory;
    private @Nullable QuotaMetrics quotas;
    private final Set<String> restartReasons = new HashSet<>();
    private boolean hasTemplate;
    private boolean hasCluster;
    private boolean hasPools;
    private volatile @Nullable EngineSnapshot latest;

    Metrics(String version) {
        registry.config() // names that are against Prometheus' conventions
                .meterFilter(MeterFilter.denyNameStartsWith("process.cpu.time"))
                .meterFilter(MeterFilter.denyNameStartsWith("system.cpu.count"));
        Gauge.builder("parallite.build.info", () -> 1)
                .description("Always 1; the label is the version")
                .tag("version", version)
                .register(registry);
        gauge(
                "parallite.queue.limit.tasks",
                "Most tasks that may wait: max_queue, and those that workers come for",
                snapshot -> ReadinessPolicy.limit(snapshot.pool()));
        workers();
        tasks();
        memory =
                MultiGauge.builder("parallite.worker.memory")
                        .description(
                                "Resident memory of each persistent worker, and of all on-demand ones together")
                        .baseUnit("bytes")
                        .register(registry);
        process();
    }

    /**
     * The daemon's own process; what Micrometer names against Prometheus' conventions stays out.
     */
    private void process() {
        gauge(
                "process.resident.memory.bytes",
                "Resident memory of the daemon itself, without its workers",
                Metrics::ownMemory);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    private static double ownMemory(EngineSnapshot snapshot) {
        ProcessUsage usage = snapshot.usage().get(ProcessHandle.current().pid());
        return usage == null || usage.memoryBytes() < 0 ? Double.NaN : usage.memoryBytes();
    }

    private void workers() {
        Map<String, ToIntFunction<PoolSnapshot>> states =
                Map.of(
                        "starting", PoolSnapshot::starting,
                        "idle", PoolSnapshot::idle,
                        "busy", PoolSnapshot::busy,
                        "ending", PoolSnapshot::ending);
        states.forEach(
                (state, count) ->
                        gauge(
                                "parallite.workers",
                                "Worker processes by state",
                                snapshot -> count.applyAsInt(snapshot.pool()),
                                "state",
                                state));
        gauge(
                "parallite.workers.fixed",
                "fixed_workers: how many persistent workers there are to be",
                snapshot -> snapshot.pool().fixed());
        gauge(
                "parallite.workers.max",
                "max_workers: most worker processes at a time",
                snapshot -> snapshot.pool().max());
    }

    private void restarts(String reason) {
        counter(
                "parallite.worker.restarts",
                "Persistent workers that were replaced, by why the one before had ended",
                snapshot -> snapshot.pool().restartsByReason().getOrDefault(reason, 0L),
                "reason",
                reason);
    }

    private void template() {
        counter(
                "parallite.worker.forks",
                "Workers that were forked from a template",
                templateFigure(TemplateSnapshot::forks));
        counter(
                "parallite.templates",
                "Templates that were booted, one after the other",
                templateFigure(TemplateSnapshot::booted));
        gauge(
                "parallite.template.ready",
                "1 while workers can be forked, 0 while the template boots or must not be forked",
                templateFigure(template -> template.isReady() ? 1 : 0));
    }

    private static ToDoubleFunction<EngineSnapshot> templateFigure(
            ToDoubleFunction<TemplateSnapshot> figure) {
        return snapshot -> {
            TemplateSnapshot template = snapshot.pool().template();
            return template == null ? Double.NaN : figure.applyAsDouble(template);
        };
    }

    private void tasks() {
        traffic("in", Traffic.Totals::framesIn, Traffic.Totals::bytesIn);
        traffic("out", Traffic.Totals::framesOut, Traffic.Totals::bytesOut);
        gauge(
                "parallite.queue.tasks",
                "Tasks that wait for a worker",
                snapshot -> snapshot.pool().queued());
        gauge(
                "parallite.queue.oldest.seconds",
                "How long the oldest of them has waited",
                snapshot -> snapshot.pool().oldestQueuedMillis() / MILLIS_PER_SECOND);
        gauge(
                "parallite.tasks.in.flight",
                "Tasks that wait or run",
                snapshot -> snapshot.tasks().inFlight());
        gauge("parallite.clients", "Connections to the socket", EngineSnapshot::clients);
        gauge(
                "parallite.cache.results",
                "Results that are kept for those who ask again",
                snapshot -> snapshot.tasks().retained());
        gauge(
                "parallite.cache.bytes",
                "What the kept results are charged of result_cache_bytes",
                snapshot -> snapshot.tasks().retainedBytes());
        counter(
                "parallite.queue.wedges",
                "How often tasks were found waiting beside idle workers; a defect that is mended",
                snapshot -> snapshot.pool().wedges());
        counter(
                "parallite.tasks.submitted",
                "Tasks that were taken, joined ones once",
                snapshot -> snapshot.tasks().submitted());
    }

    private void traffic(
            String direction,
            ToLongFunction<Traffic.Totals> frames,
            ToLongFunction<Traffic.Totals> bytes) {
        counter(
                "parallite.frames",
                "Frames from clients (in) and to them (out)",
                snapshot -> frames.applyAsLong(snapshot.traffic()),
                "direction",
                direction);
        counter(
                "parallite.frame.bytes",
                "Bytes of these frames",
                snapshot -> bytes.applyAsLong(snapshot.traffic()),
                "direction",
                direction);
    }

    private void gauge(
            String name, String help, ToDoubleFunction<EngineSnapshot> figure, String... tags) {
        Gauge.builder(name, this, metrics -> metrics.read(figure))
                .description(help)
                .tags(tags)
                .register(registry);
    }

    private void counter(
            String name, String help, ToDoubleFunction<EngineSnapshot> figure, String... tags) {
        FunctionCounter.builder(name, this, metrics -> metrics.read(figure))
                .description(help)
                .tags(tags)
                .register(registry);
    }

    private double read(ToDoubleFunction<EngineSnapshot> figure) {
        EngineSnapshot snapshot = latest;
        return snapshot == null ? Double.NaN : figure.applyAsDouble(snapshot);
    }

    /** Where figures that are not in the snapshot are registered. */
    PrometheusMeterRegistry registry() {
        return registry;
    }

    /** All figures as of {@code snapshot}, in the format of {@code contentType}. */
    synchronized String scrape(EngineSnapshot snapshot, String contentType) {
        latest = snapshot;
        snapshot.pool().restartsByReason().keySet().stream()
                .filter(restartReasons::add)
                .forEach(this::restarts);
        if (snapshot.pool().template() != null && !hasTemplate) {
            hasTemplate = true;
            template();
        }
        if (snapshot.cluster() != null && !hasCluster) {
            hasCluster = true;
            new ClusterMetrics(this::gauge, this::counter).register();
        }
        if (snapshot.pools().size() > 1 && !hasPools) {
            hasPools = true;
            new PoolMetrics(this::gauge, this::counter).register(snapshot.pools().keySet());
        }
        if (snapshot.quotas().isOn() && quotas == null) {
            quotas = new QuotaMetrics(registry, this::counter);
        }
        if (quotas != null) {
            quotas.update(snapshot.quotas());
        }
        memory.register(memoryOf(snapshot), true);
        return registry.scrape(contentType);
    }

    /** Names of on-demand workers are many, none seen for long: they share a label. */
    private List<MultiGauge.Row<?>> memoryOf(EngineSnapshot snapshot) {
        Map<String, Long> bytes = new TreeMap<>();
        for (WorkerSnapshot worker : snapshot.pool().workers()) {
            ProcessUsage usage = snapshot.usage().get(worker.pid());
            if (usage == null || usage.memoryBytes() < 0) {
                continue;
            }
            String label = worker.name().contains("-temp-") ? "on-demand" : worker.name();
            bytes.merge(label, usage.memoryBytes(), Long::sum);
        }
        List<MultiGauge.Row<?>> rows = new ArrayList<>();
        bytes.forEach((label, sum) -> rows.add(MultiGauge.Row.of(Tags.of("worker", label), sum)));
        return rows;
    }
}
