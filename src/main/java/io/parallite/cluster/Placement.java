package io.parallite.cluster;

import io.parallite.cluster.store.ClusterSettings;
import io.parallite.cluster.store.Lease;
import io.parallite.cluster.store.TaskStore;
import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides where an awaited task runs: on this node, or on another one when no worker becomes free
 * here in time.
 *
 * <p>A task that has waited for the overflow time moves from this daemon's queue to that of the
 * cluster, where an idle node claims it, perhaps this one. So it is in one queue at a time and runs
 * once. A task that no node has claimed within the same time again is withdrawn and goes to the
 * front of the queue here. At most {@value #MOST_OFFERED} tasks are offered at a time: other nodes
 * rarely have more idle workers, and an offer costs five commands. Owned by the engine's thread.
 */
final class Placement {

    private static final int MOST_OFFERED = 16;
    private static final Duration SHORTEST_LOOK = Duration.ofMillis(20);

    private final Engine engine;
    private final TaskStore store;
    private final Waiters waiters;
    private final LocalTasks local;
    private final ClusterSettings settings;
    private final BooleanSupplier isUp;
    private final Deadline next;
    private final Map<TaskId, Offer> offers = new LinkedHashMap<>();
    private int unclaimed;
    private long overflowed;
    private boolean stopped;

    /**
     * @param isUp whether Redis is reachable
     */
    Placement(
            Engine engine,
            TaskStore store,
            Waiters waiters,
            LocalTasks local,
            ClusterSettings settings,
            BooleanSupplier isUp) {
        this.engine = engine;
        this.store = store;
        this.waiters = waiters;
        this.local = local;
        this.settings = settings;
        this.isUp = isUp;
        this.next = new Deadline(engine, this::look);
    }

    /** A task in the queue of the cluster, or on another node. */
    private final class Offer {

        private final TaskId id;
        private final UniEmitter<? super Optional<TaskResult>> outcome;
        private long since = engine.nanoTime();
        private boolean stored;
        private boolean claimed;
        private boolean asking;
        private String token = "";
        private @Nullable Cancellable waiting;

        Offer(TaskId id, UniEmitter<? super Optional<TaskResult>> outcome) {
            this.id = id;
            this.outcome = outcome;
        }

        void begin(Task task, String wish) {
            unclaimed++;
            onWaiting(); // withdrawn if no node claims it
            waiting = waiters.expect(id).subscribe().with(this::onEnded);
            store.enqueue(task, wish).subscribe().with(this::onAdmission, failure -> {});
        }

        private void onAdmission(TaskStore.Admission admission) {
            if (admission == TaskStore.Admission.QUEUED) {
                stored = true;
            } else {
                end(Optional.empty()); // the cluster has no room, or knows the id
            }
        }

        void onClaimed() {
            if (!claimed) {
                claimed = true;
                unclaimed--;
                overflowed++;
            }
        }

        private void onEnded(TaskResult result) {
            boolean isUnknown =
                    result instanceof TaskResult.Failed(FailureKind kind, String ignored)
                            && kind == FailureKind.NOT_FOUND;
            if (!isUnknown) {
                end(Optional.of(result));
            } else if (!stored) {
                end(Optional.empty());
            } else {
                end(
                        Optional.of(
                                new TaskResult.Failed(
                                        FailureKind.NODE_LOST,
                                        "Redis has lost the task; it may have had effects and is not run again")));
            }
        }

        /** Withdraws it if no node has claimed it in time. */
        void takeBackAfter(Duration patience) {
            boolean isElsewhere = claimed && token.isEmpty();
            if (!isElsewhere && engine.nanoTime() - since >= patience.toNanos()) {
                takeBack();
            }
        }

        /** This node has claimed it itself. */
        void onClaimedHere(String byToken) {
            token = byToken;
            takeBack();
        }

        private void takeBack() {
            if (asking) {
                return;
            }
            asking = true;
            store.withdraw(id, token)
                    .subscribe()
                    .with(
                            isBack -> {
                                asking = false;
                                if (isBack) {
                                    end(Optional.empty());
                                } else if (stored) {
                                    onClaimed();
                                } else {
                                    waiters.onDone(id); // was it ever stored?
                                }
                            },
                            failure -> {
                                asking = false;
                                since = engine.nanoTime();
                            });
        }

        private void end(Optional<TaskResult> result) {
            if (forget()) {
                outcome.complete(result);
            }
        }

        /** Removes it, and tells whether it was held. */
        boolean forget() {
            if (!offers.remove(id, this)) {
                return false;
            }
            unclaimed -= claimed ? 0 : 1;
            if (waiting != null) {
                waiting.cancel();
            }
            return true;
        }

        void cancel() {
            if (forget()) {
                store.cancel(id, Duration.ZERO).subscribe().with(done -> {}, failure -> {});
            }
        }
    }

    /** A task waits here: considers an offer when it has waited for the overflow time. */
    void onWaiting() {
        boolean isSoonEnough = next.isArmed() && next.left().compareTo(settings.overflow()) <= 0;
        if (settings.overflow().isPositive() && !isSoonEnough && !stopped) {
            next.arm(settings.overflow());
        }
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? other : one;
    }

    private void look() {
        Duration patience = longer(settings.overflow(), SHORTEST_LOOK);
        List.copyOf(offers.values()).forEach(offer -> offer.takeBackAfter(patience));
        fill();
        if ((unclaimed > 0 || local.queued() > 0) && !stopped) {
            next.arm(untilNextLook());
        }
    }

    /** The time until a task is due to be offered or withdrawn. */
    private Duration untilNextLook() {
        Duration interval = longer(settings.overflow().dividedBy(2), SHORTEST_LOOK);
        if (!mayOffer()) {
            return interval;
        }
        Duration left =
                local.longestWait(settings.maxPayload())
                        .map(settings.overflow()::minus)
                        .orElse(interval);
        return unclaimed > 0 && left.compareTo(interval) > 0 ? interval : left;
    }

    private boolean mayOffer() {
        return isUp.getAsBoolean() && unclaimed < MOST_OFFERED;
    }

    private void fill() {
        while (mayOffer()) {
            if (!local.shed(settings.overflow(), settings.maxPayload())) {
                return;
            }
        }
    }

    /**
     * Offers a task to all nodes; gives its result, or nothing when it is to run here. Cancelling
     * cancels it on any node.
     *
     * @param wish which of its events this node follows; see {@link EventStore#wish}
     */
    Uni<Optional<TaskResult>> elsewhere(Task task, String wish) {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            Offer offer = new Offer(task.id(), emitter);
                            if (offers.putIfAbsent(task.id(), offer) != null) {
                                emitter.complete(Optional.empty());
                                return;
                            }
                            emitter.onTermination(offer::cancel);
                            offer.begin(task, wish);
                        });
    }

    /** A node has claimed a task, so another one may be offered. */
    void onClaimed(TaskId id) {
        Offer offer = offers.get(id);
        if (offer != null) {
            offer.onClaimed();
            fill();
        }
    }

    /** Whether the task of {@code lease} was offered by this node; it is then withdrawn. */
    boolean takesBack(Lease lease) {
        Offer offer = offers.get(lease.id());
        if (offer == null) {
            return false;
        }
        offer.onClaimedHere(lease.token());
        return true;
    }

    /** How many tasks other nodes have taken over so far. */
    long overflowed() {
        return overflowed;
    }

    void stop() {
        stopped = true;
        next.close();
    }
}
