package io.parallite.pool;

import io.parallite.worker.Worker;
import org.jspecify.annotations.Nullable;

/** Every task waits in the queue until a worker is free. */
final class NoPrefetch implements Prefetch {

    @Override
    public int size() {
        return 0;
    }

    @Override
    public void fill(Worker worker, long typicalTask, int workers) {}

    @Override
    public @Nullable Waiter<?> pollTaken(Worker worker) {
        return null;
    }

    @Override
    public boolean hasTakenNext(Worker worker) {
        return false;
    }

    @Override
    public boolean withdraw(Waiter<?> waiter) {
        return false;
    }

    @Override
    public boolean recallAny() {
        return false;
    }

    @Override
    public void reclaim(Worker worker) {}

    @Override
    public void recallAll() {}

    @Override
    public void onRetiring(Worker worker) {}

    @Override
    public void onLeaving(Worker worker) {}

    @Override
    public void close() {}
}
