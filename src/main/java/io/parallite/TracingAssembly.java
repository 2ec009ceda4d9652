package io.parallite;

import io.parallite.config.ConfigException;
import io.parallite.config.ParalliteConfig;
import io.parallite.dispatch.Dispatcher;
import io.parallite.engine.Engine;
import io.parallite.tracing.TaskSpans;
import io.parallite.tracing.TracingSettings;

/**
 * Makes the daemon record spans; its class is loaded only where {@code otel_endpoint} is set, and
 * those of OpenTelemetry with it.
 */
final class TracingAssembly {

    private TracingAssembly() {}

    /**
     * Has the tasks of {@code dispatcher} traced.
     *
     * @throws ConfigException when a setting turns out to be wrong
     */
    static void join(Engine engine, ParalliteConfig config, Dispatcher dispatcher) {
        dispatcher.observe(TaskSpans.start(engine, TracingSettings.of(config), Version.current()));
    }
}
