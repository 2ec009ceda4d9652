package io.parallite.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.engine.Engine;
import io.parallite.engine.ManualEngine;
import jakarta.enterprise.inject.Instance;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.Test;

/** Liveness tells the event loop that works from the one that is stuck. */
class EngineAliveTest {

    private static final Duration ENOUGH = EngineView.PATIENCE.plusSeconds(5);

    private final ManualEngine engine = new ManualEngine();
    private final EngineAlive check =
            new EngineAlive(new Checks(new EngineView(instanceOf(engine))));

    @Test
    void isUpWhenTheEventLoopAnswers() {
        CompletableFuture<HealthCheckResponse> answer =
                check.call().subscribeAsCompletionStage().toCompletableFuture();
        engine.runActions();

        assertThat(answer)
                .succeedsWithin(ENOUGH)
                .returns(Status.UP, HealthCheckResponse::getStatus);
    }

    @Test
    void isDownWhenTheEventLoopIsStuck() {
        HealthCheckResponse response = check.call().await().atMost(ENOUGH);

        assertThat(response.getStatus()).isEqualTo(Status.DOWN);
        assertThat(String.valueOf(response.getData().orElse(Map.of()).get("reason")))
                .contains("has not answered within 2000 ms", "restart the daemon");
    }

    /** What CDI hands out, of which only {@code get} is asked for. */
    @SuppressWarnings("unchecked")
    private static Instance<Engine> instanceOf(Engine engine) {
        return (Instance<Engine>)
                Proxy.newProxyInstance(
                        EngineAliveTest.class.getClassLoader(),
                        new Class<?>[] {Instance.class},
                        (proxy, method, arguments) -> engine);
    }
}
