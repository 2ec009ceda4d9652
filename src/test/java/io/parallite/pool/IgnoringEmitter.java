package io.parallite.pool;

import io.smallrye.mutiny.subscription.UniEmitter;

/** An emitter nobody listens to. */
final class IgnoringEmitter<T> implements UniEmitter<T> {

    @Override
    public void complete(T result) {}

    @Override
    public void fail(Throwable failure) {}

    @Override
    public UniEmitter<T> onTermination(Runnable onTermination) {
        return this;
    }
}
