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

    private final EngineView engine;
    private final Instance<ClientServer> server;

    ClientsReady(EngineView engine, Instance<ClientServer> server) {
        this.engine = engine;
        this.server = server;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return Checks.orDown(NAME, engine.ask(this::look));
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
