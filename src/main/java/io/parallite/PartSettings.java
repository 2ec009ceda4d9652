package io.parallite;

import io.parallite.config.CurrentConfig;
import io.parallite.config.ParalliteConfig;
import io.parallite.config.Setting;
import io.parallite.pool.PoolSettings;
import io.parallite.server.QuotaSettings;
import io.parallite.server.ReadinessPolicy;
import io.parallite.worker.Recycling;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The share that each part of the daemon has in the configuration, at the start and later. */
final class PartSettings {

    private PartSettings() {}

    static PoolSettings pool(ParalliteConfig config) {
        return new PoolSettings(
                config.fixedWorkers(),
                config.maxWorkers(),
                config.timeout(),
                config.prefixName(),
                config.maxQueue(),
                config.queueTimeout(),
                new Recycling(
                        config.workerMaxTasks(),
                        (long) config.workerMaxMemoryMb() << 20,
                        config.workerTtl(),
                        config.workerIdle()),
                config.slowTask(),
                (long) config.readyMemoryMb() << 20,
                config.isolation().equals("task"));
    }

    static QuotaSettings quotas(ParalliteConfig config) {
        return new QuotaSettings(
                config.quotaTasks(), config.quotaTasksPerSecond(), config.quotaBytes());
    }

    static ReadinessPolicy readiness(ParalliteConfig config) {
        return new ReadinessPolicy(config.readiness().equals("lenient"));
    }

    /** Every setting that is a number, as it is in force, and the choices that readers need. */
    static Map<String, Object> limits(CurrentConfig current) {
        Map<String, Object> limits = new LinkedHashMap<>();
        for (Setting setting : Setting.values()) {
            List<String> values = current.values().getOrDefault(setting, List.of());
            if (setting.isNumber() && setting != Setting.FIXED_WORKERS && !values.isEmpty()) {
                limits.put(setting.key(), Long.parseLong(values.getFirst().strip()));
            }
        }
        ParalliteConfig config = current.now();
        limits.put(Setting.FIXED_WORKERS.key(), config.fixedWorkers());
        limits.put(Setting.MAX_WORKERS.key(), config.maxWorkers());
        limits.put(Setting.QUEUE_TIMEOUT_MS.key(), config.queueTimeout().toMillis());
        limits.put(Setting.FAIL_MODE.key(), config.failMode());
        limits.put(Setting.READINESS.key(), config.readiness());
        return limits;
    }
}
