package io.parallite.server;

import io.parallite.config.CurrentConfig;
import io.parallite.config.Origin;
import io.parallite.config.Setting;
import io.parallite.config.SettingValue;
import io.parallite.config.WorkerCount;
import io.parallite.dispatch.Dispatcher;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings that are in force in a running daemon: its configuration, and the number of workers
 * that it was scaled to since. Owned by the engine's thread.
 */
public final class SettingsInForce {

    private final CurrentConfig current;
    private final Dispatcher dispatcher;

    /** The settings of the daemon that {@code current} configures. */
    public SettingsInForce(CurrentConfig current, Dispatcher dispatcher) {
        this.current = current;
        this.dispatcher = dispatcher;
    }

    /**
     * By key, {@code {value, from, name?, explanation}}, as {@link SettingValue#fields} has it:
     * without secrets.
     */
    public Map<String, Object> fields() {
        Map<String, Object> settings = new LinkedHashMap<>();
        for (SettingValue configured : current.effective()) {
            SettingValue value =
                    configured.setting() == Setting.FIXED_WORKERS ? scaled(configured) : configured;
            Map<String, @Nullable Object> fields = value.fields();
            fields.put("explanation", value.setting().explanation());
            settings.put(value.setting().key(), fields);
        }
        return settings;
    }

    private SettingValue scaled(SettingValue configured) {
        int workers = dispatcher.pools().main().snapshot().fixed();
        return workers == current.now().fixedWorkers()
                ? configured
                : new SettingValue(
                        Setting.FIXED_WORKERS, List.of(WorkerCount.text(workers)), Origin.SCALED);
    }
}
