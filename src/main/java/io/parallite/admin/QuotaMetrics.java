package io.parallite.admin;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.parallite.config.Setting;
import io.parallite.server.QuotaSnapshot;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What clients have of their quotas, once there are some: by client, those with the most tasks one
 * by one and the rest together. Any thread, one at a time.
 */
final class QuotaMetrics {

    private final MultiGauge tasks;
    private final MultiGauge bytes;

    /** Registers a counter with a label. */
    interface Counters {
        void add(
                String name,
                String help,
                ToDoubleFunction<EngineSnapshot> figure,
                String label,
                String value);
    }

    QuotaMetrics(MeterRegistry registry, Counters counters) {
        tasks =
                MultiGauge.builder("parallite.client.tasks")
                        .description("Tasks that wait or run, by client")
                        .register(registry);
        bytes =
                MultiGauge.builder("parallite.client.bytes")
                        .description("Bytes of the requests of these tasks")
                        .register(registry);
        for (Setting quota :
                List.of(Setting.QUOTA_TASKS, Setting.QUOTA_TASKS_PER_SECOND, Setting.QUOTA_BYTES)) {
            counters.add(
                    "parallite.quota.refusals",
                    "Submits that were refused, by the quota that they exceeded",
                    snapshot -> snapshot.quotas().refused().getOrDefault(quota.key(), 0L),
                    "quota",
                    quota.key());
        }
    }

    void update(QuotaSnapshot snapshot) {
        tasks.register(rows(snapshot, QuotaSnapshot.Client::tasks), true);
        bytes.register(rows(snapshot, QuotaSnapshot.Client::bytes), true);
    }

    private static List<MultiGauge.Row<?>> rows(
            QuotaSnapshot snapshot, ToDoubleFunction<QuotaSnapshot.Client> figure) {
        return snapshot.clients().stream()
                .<MultiGauge.Row<?>>map(
                        client ->
                                MultiGauge.Row.of(
                                        Tags.of("client", client.identity()),
                                        figure.applyAsDouble(client)))
                .toList();
    }
}
