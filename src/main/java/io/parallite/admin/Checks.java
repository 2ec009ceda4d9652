package io.parallite.admin;

import io.smallrye.mutiny.Uni;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** What health checks have in common: a name, and when it is down a reason to act on. */
final class Checks {

    private Checks() {}

    /** What {@code look} sees; down when the engine has not answered. */
    static Uni<HealthCheckResponse> orDown(String name, Uni<HealthCheckResponse> look) {
        return look.onFailure().recoverWithItem(e -> down(name, String.valueOf(e.getMessage())));
    }

    static HealthCheckResponse down(String name, String reason) {
        return HealthCheckResponse.named(name).down().withData("reason", reason).build();
    }
}
