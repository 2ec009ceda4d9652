package io.parallite.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The result of reading the configuration again.
 *
 * @param config the configuration that is in force once it is adopted
 * @param pools the same for each named pool, by name
 * @param values the same by setting, as texts; no entry where nothing is set
 * @param origins their origins; a setting without an entry has its default
 * @param changed the settings that are adopted
 * @param pending those that differ from what the daemon runs with, and need a restart
 */
public record ConfigUpdate(
        ParalliteConfig config,
        Map<String, ParalliteConfig> pools,
        Map<Setting, List<String>> values,
        Map<Setting, Origin> origins,
        List<Setting> changed,
        List<Setting> pending) {

    public ConfigUpdate {
        pools = Collections.unmodifiableMap(new LinkedHashMap<>(pools));
        values = Map.copyOf(values);
        origins = Map.copyOf(origins);
        changed = List.copyOf(changed);
        pending = List.copyOf(pending);
    }

    /** The configuration of a pool; for {@link NamedPools#DEFAULT} it is {@link #config}. */
    public ParalliteConfig of(String pool) {
        return pools.getOrDefault(pool, config);
    }

    /** The keys of {@link #changed}. */
    public List<String> changedKeys() {
        return changed.stream().map(Setting::key).toList();
    }

    /** The keys of {@link #pending}. */
    public List<String> pendingKeys() {
        return pending.stream().map(Setting::key).toList();
    }
}
