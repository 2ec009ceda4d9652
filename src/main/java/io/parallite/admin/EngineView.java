package io.parallite.admin;

import io.parallite.engine.Engine;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Reads snapshots on the engine's thread, with a time limit: a blocked event loop must not block
 * HTTP. Any thread.
 */
@Singleton
final class EngineView {

    /**
     * How long an answer may take. A healthy event loop needs microseconds, a busy one a few ms.
     */
    static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Instance<Engine> engine;

    EngineView(Instance<Engine> engine) {
        this.engine = engine;
    }

    /**
     * What {@code question} answers on the engine's thread. Fails with {@link EngineStuckException}
     * after {@link #PATIENCE}. Cancelling drops the answer.
     */
    <T> Uni<T> ask(Supplier<T> question) {
        return askLater(() -> Uni.createFrom().item(question.get()));
    }

    /** The same for a question whose answer takes a moment and comes on the engine's thread. */
    <T> Uni<T> askLater(Supplier<Uni<T>> question) {
        return Uni.createFrom()
                .<T>emitter(
                        emitter ->
                                engine.get()
                                        .execute(
                                                () ->
                                                        Uni.createFrom()
                                                                .deferred(question::get)
                                                                .subscribe()
                                                                .with(
                                                                        emitter::complete,
                                                                        emitter::fail)))
                .ifNoItem()
                .after(PATIENCE)
                .failWith(EngineStuckException::new);
    }

    /** The engine's thread has not answered in time. */
    static final class EngineStuckException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        EngineStuckException() {
            super(
                    "the event loop has not answered within %d ms; take a thread dump (jstack) and restart the daemon"
                            .formatted(PATIENCE.toMillis()));
        }
    }
}
