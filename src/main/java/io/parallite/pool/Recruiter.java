package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.process.ResidentMemory;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerTransport;
import io.parallite.worker.Recycling;
import io.parallite.worker.RecyclingMonitor;
import io.parallite.worker.Worker;
import io.parallite.worker.WorkerOwner;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Starts workers: knows what they run, gives on-demand ones their names, and each its limits. Owned
 * by the engine's thread.
 */
final class Recruiter {

    /** How much earlier than another's a worker's age may be reached, lest all go at once. */
    private static final double TTL_JITTER = 0.2;

    private final Engine engine;
    private final WorkerTransport transport;
    private final PoolSettings settings;
    private final RandomGenerator random;
    private WorkerCommand command;
    private long lastTimestamp;

    Recruiter(
            Engine engine,
            WorkerTransport transport,
            PoolSettings settings,
            RandomGenerator random) {
        this.engine = engine;
        this.transport = transport;
        this.settings = settings;
        this.random = random;
        this.command = transport.command();
    }

    /** What workers are started from. */
    WorkerCommand command() {
        return command;
    }

    /** Starts workers from {@code found} from now on. */
    void adopt(WorkerCommand found) {
        command = found;
    }

    /** A name that no worker has had. */
    WorkerName nextOnDemand() {
        lastTimestamp = Math.max(lastTimestamp + 1, engine.epochMillis());
        return WorkerName.onDemand(
                settings.prefix(), lastTimestamp, settings.recycling().keepsOnDemand());
    }

    /** A worker that is about to be started from {@code what}; see {@link #start}. */
    Worker hire(WorkerName name, WorkerCommand what, WorkerOwner owner) {
        return new Worker(name, what, engine, owner, wear());
    }

    void start(Worker worker) {
        worker.start(transport);
    }

    private RecyclingMonitor wear() {
        Recycling limits = settings.recycling();
        double share = 1 - TTL_JITTER * random.nextDouble();
        Duration ttl = Duration.ofNanos((long) (limits.ttl().toNanos() * share));
        return new RecyclingMonitor(engine, limits, ttl, ResidentMemory::bytes);
    }
}
