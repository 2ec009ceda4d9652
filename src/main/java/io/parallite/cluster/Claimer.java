package io.parallite.cluster;

import io.parallite.cluster.store.Claimed;
import io.parallite.cluster.store.RedisLink;
import io.parallite.cluster.store.TaskStore;
import io.parallite.engine.Engine;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Claims tasks for idle workers, never more tasks than workers are idle.
 *
 * <p>When no task waits, the claimer blocks on the bell, a list in Redis. An element in it wakes
 * one of the blocked nodes, so a new task costs the cluster one claim, regardless of the number of
 * nodes. A node that is woken without an idle worker pushes the element back. Blocking needs a
 * connection of its own. An element that is lost with a node is pushed again by {@link Sweeper}.
 * Owned by the engine's thread.
 */
final class Claimer {

    private static final int BELL_SECONDS = 5;

    /** One of so many claims begins with the lowest priority, which is not starved therefore. */
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

    /** Whether no task waited at the last report; tasks queued since then push to the bell. */
    private boolean isQueueEmpty;

    private boolean listening;
    private boolean stopped;

    /**
     * @param bellKey the key of the list that serves as the bell
     * @param run runs a claimed task
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

    /** Claims if workers are idle, also when the queue was last seen empty. */
    void lookAnew() {
        isQueueEmpty = false;
        look();
    }

    /**
     * Like {@link #lookAnew}, and keeps the connection of the bell in use. To be called at
     * intervals shorter than {@link RedisClient#SILENCE}, after which a silent connection counts as
     * dead.
     */
    void lookAgain() {
        lookAnew();
        if (!listening && bell.isUp()) {
            bell.send(Request.cmd(Command.PING)).subscribe().with(pong -> {}, failure -> {});
        }
    }

    /** Claims if workers are idle, or blocks on the bell if the queue was last seen empty. */
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

    /** Redis is unreachable or has refused: claims again after a delay, and after a reconnect. */
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

    /** Stops claiming. */
    void stop() {
        stopped = true;
        if (listening) {
            bell.reset("this node stops"); // the bell wakes another one
        }
    }
}
