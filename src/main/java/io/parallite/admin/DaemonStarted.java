package io.parallite.admin;

import io.parallite.dispatch.Dispatcher;
import io.parallite.pool.PoolSnapshot;
import io.parallite.server.ClientServer;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Startup;

/**
 * Started once the socket is open and the first worker has come up or has failed to. Stays so: a
 * later lack of workers is no reason to restart the daemon. What it remembers is the engine's.
 */
@Startup
@Singleton
final class DaemonStarted implements AsyncHealthCheck {

    private static final String NAME = "start";

    private final Checks checks;
    private final Instance<ClientServer> server;
    private final Instance<Dispatcher> dispatcher;
    private boolean started;

    DaemonStarted(Checks checks, Instance<ClientServer> server, Instance<Dispatcher> dispatcher) {
        this.checks = checks;
        this.server = server;
        this.dispatcher = dispatcher;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return checks.ask(NAME, this::look);
    }

    private HealthCheckResponse look() {
        if (!started) {
            Optional<String> reason = server.get().unreachable();
            if (reason.isPresent()) {
                return Checks.down(NAME, reason.get());
            }
            PoolSnapshot pool = dispatcher.get().pools().main().snapshot();
            if (!pool.isServing() && pool.startFailure() == null) {
                return Checks.down(NAME, "no worker has reported yet");
            }
            started = true;
        }
        return HealthCheckResponse.named(NAME).up().build();
    }
}
