package io.parallite.admin;

import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.jboss.logging.Logger;

/**
 * The common part of health checks: they read the state on the engine's thread, are down with a
 * reason that tells what to do, and log each change once, however often they are called. Any
 * thread.
 */
@Singleton
final class Checks {

    private static final Logger LOG = Logger.getLogger(Checks.class);

    private final EngineView engine;
    private final Map<String, HealthCheckResponse.Status> known = new ConcurrentHashMap<>();

    Checks(EngineView engine) {
        this.engine = engine;
    }

    /** What {@code look} sees on the engine's thread; down when that has not answered. */
    Uni<HealthCheckResponse> ask(String name, Supplier<HealthCheckResponse> look) {
        return engine.ask(look)
                .onFailure()
                .recoverWithItem(e -> down(name, String.valueOf(e.getMessage())))
                .invoke(this::log);
    }

    private void log(HealthCheckResponse response) {
        HealthCheckResponse.Status now = response.getStatus();
        HealthCheckResponse.Status before = known.put(response.getName(), now);
        if (now == before) {
            return;
        }
        if (now == HealthCheckResponse.Status.DOWN) {
            Object reason = response.getData().orElse(Map.of()).get("reason");
            // the first answer comes while the daemon starts
            LOG.logf(
                    before == null ? Logger.Level.INFO : Logger.Level.WARN,
                    "health check is DOWN check=%s: %s",
                    response.getName(),
                    String.valueOf(reason).replaceAll("\\R", " "));
        } else if (before != null) {
            LOG.infof("health check is UP again check=%s", response.getName());
        }
    }

    static HealthCheckResponse down(String name, String reason) {
        return HealthCheckResponse.named(name).down().withData("reason", reason).build();
    }
}
