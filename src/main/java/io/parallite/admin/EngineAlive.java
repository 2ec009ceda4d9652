package io.parallite.admin;

import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * Alive while the event loop answers within {@link EngineView#PATIENCE}. Workers that do not start
 * are no reason to restart the daemon: they are {@link WorkersReady}'s.
 */
@Liveness
@Singleton
final class EngineAlive implements AsyncHealthCheck {

    private static final String NAME = "event loop";

    private final Checks checks;

    EngineAlive(Checks checks) {
        this.checks = checks;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        long asked = System.nanoTime();
        return checks.ask(
                NAME,
                () ->
                        HealthCheckResponse.named(NAME)
                                .up()
                                .withData("answered_after_us", (System.nanoTime() - asked) / 1_000)
                                .build());
    }
}
