package io.parallite.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What Vert.x knows of the engine's thread. */
final class VertxEngineTest {

    private final Vertx vertx = Vertx.vertx();
    private final VertxEngine engine = new VertxEngine(vertx);

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    /** Runs {@code action} where timers run. */
    private void inTimer(Runnable action) {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        engine.execute(
                () ->
                        engine.schedule(
                                Duration.ZERO,
                                () -> {
                                    try {
                                        action.run();
                                        done.complete(null);
                                    } catch (Throwable e) {
                                        done.completeExceptionally(e);
                                    }
                                }));
        done.join();
    }

    @Test
    void dispatchesInTheContextOfTheEngineWhereThereIsNone() {
        CompletableFuture<@Nullable Context> ofEngine = new CompletableFuture<>();
        engine.execute(() -> ofEngine.complete(Vertx.currentContext()));
        AtomicReference<@Nullable Context> within = new AtomicReference<>();
        AtomicReference<@Nullable Context> afterwards = new AtomicReference<>();

        inTimer(
                () -> {
                    engine.dispatch(() -> within.set(Vertx.currentContext()));
                    afterwards.set(Vertx.currentContext());
                });

        assertThat(within.get()).isNotNull().isSameAs(ofEngine.join());
        assertThat(afterwards.get()).isNull();
    }

    @Test
    void throwsWhatIsThrown() {
        assertThatThrownBy(
                        () ->
                                inTimer(
                                        () ->
                                                engine.dispatch(
                                                        () -> {
                                                            throw new IllegalStateException("so");
                                                        })))
                .hasRootCauseInstanceOf(IllegalStateException.class);
    }
}
