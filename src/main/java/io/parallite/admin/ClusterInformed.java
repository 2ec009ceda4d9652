package io.parallite.admin;

import io.parallite.cluster.Cluster;
import io.parallite.cluster.ClusterSnapshot;
import io.parallite.dispatch.Dispatcher;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Reports whether the cluster's Redis is reachable, and is always up: without Redis this node still
 * runs its own tasks, so a probe must not take it out of service.
 */
@Readiness
@Singleton
final class ClusterInformed implements AsyncHealthCheck {

    private static final String NAME = "cluster";

    private final Checks checks;
    private final Instance<Dispatcher> dispatcher;

    ClusterInformed(Checks checks, Instance<Dispatcher> dispatcher) {
        this.checks = checks;
        this.dispatcher = dispatcher;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return checks.ask(NAME, this::look);
    }

    private HealthCheckResponse look() {
        Cluster cluster = dispatcher.get().cluster();
        HealthCheckResponseBuilder response = HealthCheckResponse.named(NAME).up();
        if (cluster == null) {
            return response.withData("state", "off").build();
        }
        ClusterSnapshot node = cluster.snapshot();
        response.withData("state", node.up() ? "connected" : "disconnected")
                .withData("node", node.node())
                .withData("running", node.running())
                .withData("undelivered", node.undelivered());
        if (node.problem() != null) {
            response.withData("reason", node.problem());
        }
        return response.build();
    }
}
