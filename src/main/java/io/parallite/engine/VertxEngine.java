package io.parallite.engine;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** An {@link Engine} on one event-loop context of Vert.x. */
public final class VertxEngine implements Engine {

    private final Vertx vertx;
    private final ContextInternal context;
    private final EventLoop eventLoop;

    public VertxEngine(Vertx vertx) {
        this.vertx = vertx;
        this.context = ((VertxInternal) vertx).createEventLoopContext();
        this.eventLoop = context.nettyEventLoop();
    }

    /**
     * The Vert.x instance whose servers, listened on from this engine's thread, run on this engine.
     */
    public Vertx vertx() {
        return vertx;
    }

    @Override
    public void execute(Runnable action) {
        context.runOnContext(ignored -> action.run());
    }

    @Override
    public boolean isCurrent() {
        return eventLoop.inEventLoop();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public long epochMillis() {
        return System.currentTimeMillis();
    }

    /** Netty's own timers: a cancelled one leaves the queue at once, where Mutiny's would stay. */
    @Override
    public Timer schedule(Duration delay, Runnable action) {
        Future<?> scheduled = eventLoop.schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> scheduled.cancel(false);
    }
}
