package io.parallite.pool;

import io.parallite.worker.Worker;
import java.time.Duration;

/**
 * Starts workers for tasks that any worker may run, and fresh ones for isolated tasks. Owned by the
 * engine's thread.
 */
final class MixedGrowth implements PoolGrowth {

    private final FreshGrowth fresh;
    private final OnDemandGrowth onDemand;

    MixedGrowth(FreshGrowth fresh, OnDemandGrowth onDemand) {
        this.fresh = fresh;
        this.onDemand = onDemand;
    }

    @Override
    public void onReady(long nanos) {
        onDemand.onReady(nanos); // both have the same sizing
    }

    @Override
    public void onLeased(boolean isIsolated) {
        fresh.onLeased(isIsolated);
    }

    @Override
    public void onServed(Worker worker) {
        onDemand.onServed(worker);
    }

    @Override
    public void onIdleFault(Duration delay) {
        fresh.onIdleFault(delay);
    }

    @Override
    public PoolSizing sizing() {
        return onDemand.sizing();
    }

    @Override
    public FreshDemand demand() {
        return fresh.demand();
    }

    @Override
    public void grow() {
        fresh.grow();
        onDemand.grow();
        fresh.demand().makeRoom();
    }

    @Override
    public void close() {
        fresh.close();
        onDemand.close();
    }
}
