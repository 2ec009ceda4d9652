package io.parallite.admin;

import io.parallite.server.ClientServer;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready while clients can connect: the socket is open and in its place, and the daemon is not
 * stopping.
 */
@Readiness
@Singleton
final class ClientsReady implements AsyncHealthCheck {

    private static final String NAME = "clients";

    private final Checks checks;
    private final Instance<ClientServer> server;

    ClientsReady(Checks checks, Instance<ClientServer> server) {
        this.checks = checks;
        this.server = server;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return checks.ask(NAME, this::look);
    }

    private HealthCheckResponse look() {
        Optional<String> reason = server.get().unreachable();
        return reason.isPresent()
                ? Checks.down(NAME, reason.get())
                : HealthCheckResponse.named(NAME)
                        .up()
                        .withData("connected", server.get().sessions())
                        .build();
    }
}
