package io.parallite.cluster;

import io.parallite.engine.Engine;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Claims tasks for idle workers: as many as there are, never one more.
 *
 * <p>When nothing waits any more it listens for the bell, a list in Redis by which one of the nodes
 * that listen is woken: a task that comes costs the cluster one claim, however many nodes there
 * are. Who is woken and has no idle worker any more passes the bell on. The bell is heard over a
 * connection of its own, because it blocks that. A bell that is lost with a node is rung again by
 * {@link Sweeper}. Owned by the engine's thread.
 */
final class Claimer {

    private static final int BELL_SECONDS = 5;

    /** Every so many claims begin with the lowest priority, so that it is not starved. */
    private static final int LOWEST_EVERY = 8;

    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Engine engine;
    private final TaskStore store;
    private final RedisLink bell;
    private final String bellKey;
    private final LocalTasks local;
    private final Consumer<Claimed> run;
    private long claims;
    private boolean claiming;

    /** Whether nothing waited when this was last heard of; what comes afterwards rings the bell. */
    private boolean isQueueEmpty;

    private boolean listening;
    private boolean stopped;

    /**
     * @param bellKey the list that is the bell
     * @param run what is done with a task that was claimed
     */
    Claimer(
            Engine engine,
            TaskStore store,
            RedisLink bell,
            String bellKey,
            LocalTasks local,
            Consumer<Claimed> run) {
        this.engine = engine;
        this.store = store;
        this.bell = bell;
        this.bellKey = bellKey;
        this.local = local;
        this.run = run;
    }

    /** Claims if workers are idle, whatever is known of the queue. */
    void lookAnew() {
        isQueueEmpty = false;
        look();
    }

    /**
     * The same, and keeps the connection of the bell in use, which would be taken for dead else: to
     * be called more often than {@link RedisClient#SILENCE}.
     */
    void lookAgain() {
        lookAnew();
        if (!listening && bell.isUp()) {
            bell.send(Request.cmd(Command.PING)).subscribe().with(pong -> {}, failure -> {});
        }
    }

    /** Claims if workers are idle, or listens when the queue is known to be empty. */
    void look() {
        if (stopped || claiming || listening || !bell.isUp()) {
            return;
        }
        int room = local.spareWorkers();
        if (room == 0) {
            return; // called again when a worker is idle
        }
        if (isQueueEmpty) {
            listen();
            return;
        }
        claiming = true;
        store.claim(room, ++claims % LOWEST_EVERY == 0)
                .subscribe()
                .with(this::onClaimed, failure -> onFailure());
    }

    private void onClaimed(TaskStore.Claims claims) {
        claiming = false;
        isQueueEmpty = claims.tasks().isEmpty() || !claims.hasMore();
        claims.tasks().forEach(run);
        look();
    }

    /** Redis is away or refuses: tried again after a while, as well as after a reconnect. */
    private void onFailure() {
        claiming = false;
        engine.schedule(PAUSE, this::look);
    }

    private void listen() {
        if (stopped || listening || !bell.isUp()) {
            return;
        }
        listening = true;
        bell.send(Request.cmd(Command.BLPOP).arg(bellKey).arg(BELL_SECONDS))
                .subscribe()
                .with(this::onBell, failure -> onBellFailed());
    }

    private void onBell(@Nullable Response rung) {
        listening = false;
        isQueueEmpty = rung == null;
        boolean hasRoom = local.spareWorkers() > 0;
        if (rung != null && (stopped || !hasRoom)) {
            ring();
        } else {
            look();
        }
    }

    /** Wakes another node. */
    private void ring() {
        bell.send(Request.cmd(Command.RPUSH).arg(bellKey).arg(1))
                .subscribe()
                .with(done -> {}, failure -> {});
    }

    private void onBellFailed() {
        listening = false;
        engine.schedule(PAUSE, this::lookAnew);
    }

    /** Claims nothing more. */
    void stop() {
        stopped = true;
        if (listening) {
            bell.reset("this node stops"); // the bell wakes another one
        }
    }
}
