package io.parallite.cluster;

import io.parallite.cluster.store.Cancellation;
import io.parallite.cluster.store.Claimed;
import io.parallite.cluster.store.ClusterSettings;
import io.parallite.cluster.store.Ended;
import io.parallite.cluster.store.EventStore;
import io.parallite.cluster.store.Lease;
import io.parallite.cluster.store.LinkDownException;
import io.parallite.cluster.store.Links;
import io.parallite.cluster.store.MessageStore;
import io.parallite.cluster.store.NodeInfo;
import io.parallite.cluster.store.RedisClient;
import io.parallite.cluster.store.RedisLink;
import io.parallite.cluster.store.Registry;
import io.parallite.cluster.store.Scripts;
import io.parallite.cluster.store.ServerReport;
import io.parallite.cluster.store.TaskStore;
import io.parallite.engine.Engine;
import io.parallite.task.EventSource;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.parallite.task.TaskWatcher;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;

/**
 * This daemon as a node of a cluster: stores tasks in the queue that all nodes share, runs tasks of
 * that queue on idle workers, and reports the state and the result of any task.
 *
 * <p>It has three connections to Redis: one for {@link Script}s, one that blocks until a task is
 * queued, and one subscribed to the notifications for this node. While Redis is unreachable, tasks
 * that this node has claimed go on; after a reconnect the node subscribes and claims again. See the
 * package's documentation for the states of a task. Owned by the engine's thread.
 */
public final class Cluster {

    private static final Logger LOG = Logger.getLogger(Cluster.class);

    private static final int PING_SECONDS = 5;

    /** The prefix of the message that carries the outcome of a task. */
    private static final byte[] ENDED = "ended ".getBytes(StandardCharsets.US_ASCII);

    private final Engine engine;
    private final ClusterSettings settings;
    private final NodeInfo self;
    private final RedisClient client;
    private final RedisLink commands;
    private final RedisLink bell;
    private final RedisLink inbox;
    private final Registry registry;
    private final TaskStore store;
    private final Postponed postponed;
    private final Outbox outbox;
    private final LeasedTasks leased;
    private final Claimer claimer;
    private final Heartbeat heartbeat;
    private final Sweeper sweeper;
    private final Waiters waiters;
    private final Placement placement;
    private final Followings followings;
    private final ExecutorLinks links;
    private final Senders senders;
    private final Submissions submissions;
    private boolean subscribed;
    private boolean draining;
    private boolean stopped;

    /** A node that has not joined yet. */
    public Cluster(
            Engine engine, Vertx vertx, ClusterSettings settings, NodeInfo self, LocalTasks local) {
        this.engine = engine;
        this.settings = settings;
        this.self = self;
        this.client = new RedisClient(vertx, settings.redis(), settings.encryption());
        RandomGenerator random = RandomGenerator.getDefault();
        this.commands =
                new RedisLink(engine, client::connect, "commands", random, this::onUp, m -> {});
        this.bell =
                new RedisLink(engine, client::connect, "the bell", random, this::onBellUp, m -> {});
        this.inbox =
                new RedisLink(
                        engine,
                        client::connect,
                        "the inbox",
                        random,
                        this::subscribe,
                        this::onTold);
        Scripts scripts = new Scripts(commands, settings.prefix());
        this.registry = new Registry(commands, scripts);
        this.store = new TaskStore(scripts, settings, self.id());
        this.postponed = new Postponed(engine, store);
        this.outbox = new Outbox(engine, store, postponed, random);
        EventStore events = new EventStore(scripts, settings.signer(), self.id());
        MessageStore messages = new MessageStore(scripts, settings.signer(), self.id());
        this.links =
                new ExecutorLinks(
                        new Feeds(local, events, settings.maxPayload()),
                        new Deliveries(local, messages, settings.signer()));
        this.submissions = new Submissions(engine, store, settings.outbox(), this::onAdmission);
        this.leased = new LeasedTasks(local, store, settings, outbox, links, this::onWorkerIdle);
        this.claimer =
                new Claimer(
                        engine,
                        store,
                        bell,
                        settings.prefix() + "bell:" + settings.release(),
                        local,
                        this::run);
        this.heartbeat =
                new Heartbeat(
                        engine, store, leased, settings.lease(), postponed, () -> figures(local));
        this.sweeper = new Sweeper(engine, store, settings.lease(), random);
        this.waiters = new Waiters(store);
        this.followings = new Followings(events, store, settings.signer());
        this.senders = new Senders(messages, waiters, settings.maxPayload(), commands::isUp);
        this.placement = new Placement(engine, store, waiters, local, settings, this::isUp);
    }

    /** Joins the cluster: connects, and claims tasks once connected. */
    public void start() {
        LOG.infof("this daemon is a node of a cluster node=%s %s", self.id(), settings.described());
        commands.open();
        bell.open();
        inbox.open();
        ping();
    }

    private boolean isUp() {
        return commands.isUp() && bell.isUp() && subscribed && inbox.isUp();
    }

    private Map<String, ?> figures(LocalTasks local) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("host", self.host());
        figures.put("pid", self.pid());
        figures.put("version", self.version());
        figures.put("release", settings.release());
        figures.put("started", self.startedAt());
        figures.put("workers", local.maxWorkers());
        figures.put("idle", local.spareWorkers());
        figures.put("busy", local.busyWorkers());
        figures.put("queued", local.queued());
        figures.put("leases", leased.leases().size());
        figures.put("draining", draining ? 1 : 0);
        return figures;
    }

    // Connections

    private void onUp() {
        if (stopped) {
            return;
        }
        heartbeat.beat();
        recover();
        submissions.flush(); // before anybody asks for them
        outbox.flush();
        sweeper.onUp();
        claimer.lookAnew();
        waiters.lookAtAll();
        links.lookAtAll();
        senders.lookAtAll();
        followings.lookAtAll();
        registry.inspect().subscribe().with(this::report, failure -> {});
    }

    /** Returns tasks that were claimed by a request whose reply was lost; they have not run. */
    private void recover() {
        List<Lease> known = new ArrayList<>(leased.leases());
        known.addAll(outbox.leases());
        store.recover(known)
                .subscribe()
                .with(
                        count -> {
                            if (count > 0) {
                                LOG.infof(
                                        "tasks are back in the queue, the reply to their claim was lost: %d",
                                        count);
                            }
                        },
                        failure -> {});
    }

    private void report(ServerReport server) {
        server.problems().forEach(problem -> LOG.warnf("Redis may lose tasks: %s", problem));
    }

    private void onBellUp() {
        claimer.lookAnew();
    }

    private void subscribe() {
        subscribed = false;
        inbox.send(Request.cmd(Command.SUBSCRIBE).arg(settings.prefix() + "in:" + self.id()))
                .subscribe()
                .with(
                        done -> {
                            subscribed = true;
                            waiters.lookAtAll();
                            lookAgain();
                        },
                        failure -> inbox.reset("it cannot be subscribed to"));
    }

    /**
     * Pings the inbox, which would count as dead if it were silent, and looks for tasks and events
     * whose notification was lost.
     */
    private void ping() {
        if (!stopped) {
            claimer.lookAgain();
            waiters.lookAgain();
            lookAgain();
            inbox.send(Request.cmd(Command.PING)).subscribe().with(done -> {}, failure -> {});
            engine.schedule(Duration.ofSeconds(PING_SECONDS), this::ping);
        }
    }

    private void lookAgain() {
        followings.lookAgain();
        links.lookAtAll();
        senders.lookAtAll();
    }

    /**
     * {@code done ID}, {@code ended} {@link Ended}, {@code claimed ID}, {@code cancel GRACE ID},
     * {@code follow e|o ID}, {@code heard ID}, {@code events ID}, {@code mail ID}, {@code sent ID};
     * others are of newer versions and ignored.
     */
    private void onTold(Response push) {
        if (push.type() != ResponseType.PUSH
                || push.size() < 3
                || !push.get(0).toString().equals("message")) {
            return;
        }
        byte[] message = push.get(2).toBytes();
        if (startsWith(message, ENDED)) { // with a result, which is no text and may be long
            onEnded(message);
            return;
        }
        String[] words = new String(message, StandardCharsets.UTF_8).split(" ", 2);
        if (words.length == 2) {
            onTold(words[0], words[1]);
        }
    }

    private static boolean startsWith(byte[] message, byte[] start) {
        return message.length >= start.length
                && Arrays.equals(message, 0, start.length, start, 0, start.length);
    }

    private void onTold(String what, String rest) {
        switch (what) {
            case "done" -> waiters.onDone(new TaskId(rest));
            case "claimed" -> placement.onClaimed(new TaskId(rest));
            case "cancel" -> onCancelled(rest.split(" ", 2));
            case "follow" -> onFollowed(rest.split(" ", 2));
            case "heard" -> links.onRead(new TaskId(rest));
            case "events" -> followings.onEvents(new TaskId(rest));
            case "mail" -> leased.onLink(new TaskId(rest), new Links("m"));
            case "sent" -> senders.onSent(new TaskId(rest));
            default -> LOG.debugf("a message of another version is ignored: %s", what);
        }
    }

    private void onEnded(byte[] message) {
        Ended task = Ended.parse(message, ENDED.length);
        if (task != null) {
            waiters.onEnded(task);
        }
    }

    private void onCancelled(String... graceAndId) {
        leased.lose(new TaskId(graceAndId[1]), Duration.ofMillis(Long.parseLong(graceAndId[0])));
    }

    private void onFollowed(String... wishAndId) {
        leased.onLink(new TaskId(wishAndId[1]), new Links(wishAndId[0]));
    }

    private void run(Claimed task) {
        if (!placement.takesBack(task.lease())) {
            leased.run(task);
        }
    }

    /** A worker is idle and no task waits for one here. */
    public void onWorkerIdle() {
        claimer.look();
    }

    /** A task waits for a worker here. */
    public void onTaskWaiting() {
        placement.onWaiting();
    }

    // Tasks

    /**
     * Stores a detached task in Redis, for any node to run.
     *
     * @return nothing when it is stored, or kept here until Redis is reachable, as {@code
     *     cluster_outbox_bytes} allows; else the reason for the refusal: {@code
     *     CLUSTER_UNAVAILABLE}, {@code QUEUE_FULL}, {@code CONFLICT}, {@code PAYLOAD_TOO_LARGE}
     */
    public Uni<Optional<TaskResult.Failed>> submit(Task task) {
        if (task.frame().length > settings.maxPayload()) {
            return refuse(
                    FailureKind.PAYLOAD_TOO_LARGE,
                    "the task of %d bytes exceeds cluster_max_payload_bytes=%d; send less, or raise it on all nodes"
                            .formatted(task.frame().length, settings.maxPayload()));
        }
        return store.enqueue(task)
                .invoke(admission -> onAdmission(task, admission))
                .map(admission -> refusal(task, admission))
                .onFailure(LinkDownException.class)
                .recoverWithItem(e -> whileAway(task, e));
    }

    private Optional<TaskResult.Failed> whileAway(Task task, LinkDownException e) {
        return switch (submissions.accept(task)) {
            case ACCEPTED -> Optional.empty();
            case CONFLICT -> refusal(task, TaskStore.Admission.CONFLICT);
            case REFUSED -> Optional.of(e.toResult());
        };
    }

    private void onAdmission(Task task, TaskStore.Admission admission) {
        Duration delay = task.terms().delivery().delay();
        if (delay.isPositive() && admission == TaskStore.Admission.QUEUED) {
            postponed.expect(delay);
        }
    }

    private static Uni<Optional<TaskResult.Failed>> refuse(FailureKind kind, String message) {
        return Uni.createFrom().item(Optional.of(new TaskResult.Failed(kind, message)));
    }

    private Optional<TaskResult.Failed> refusal(Task task, TaskStore.Admission admission) {
        return switch (admission) {
            case QUEUED, KNOWN -> Optional.empty();
            case CONFLICT ->
                    Optional.of(
                            new TaskResult.Failed(
                                    FailureKind.CONFLICT,
                                    "another payload is in the cluster under task_id \"%s\"; give every task an id of its own"
                                            .formatted(task.id())));
            case TAKEN ->
                    Optional.of(
                            new TaskResult.Failed(
                                    FailureKind.CONFLICT,
                                    "another task with unique=\"%s\" has not ended; submit again when it has, or under another key"
                                            .formatted(task.terms().delivery().unique())));
            case FULL ->
                    Optional.of(
                            new TaskResult.Failed(
                                    FailureKind.QUEUE_FULL,
                                    "cluster_max_queue=%d tasks wait in the cluster; submit fewer at once, or add nodes"
                                            .formatted(settings.maxQueue())));
        };
    }

    /**
     * The result of a task of the cluster, wherever it runs; {@code NOT_FOUND} when there is none.
     * Completes after all watchers on this node have got the events of the task. Keeps waiting
     * while Redis is unreachable. Cancelling does not affect the task.
     */
    public Uni<TaskResult> await(TaskId id) {
        return waiters.await(id).flatMap(result -> whenHeard(id, result));
    }

    private <T> Uni<T> whenHeard(TaskId id, T result) {
        return Uni.createFrom()
                .emitter(emitter -> followings.whenHeard(id, () -> emitter.complete(result)));
    }

    /**
     * Offers an awaited task to other nodes and gives its result; empty when it is to run on this
     * node. Cancelling cancels the task on any node.
     *
     * @param watcher gets its events while another node runs it, if {@code isFollowed}
     */
    public Uni<Optional<TaskResult>> elsewhere(Task task, TaskWatcher watcher, boolean isFollowed) {
        if (!isFollowed) {
            return placement.elsewhere(task, "").flatMap(result -> afterEvents(task.id(), result));
        }
        followings.expect(task.id(), watcher);
        return placement
                .elsewhere(task, EventStore.wish(watcher.wantsOutput()))
                .flatMap(result -> afterEvents(task.id(), result));
    }

    private Uni<Optional<TaskResult>> afterEvents(TaskId id, Optional<TaskResult> result) {
        return result.isPresent() ? whenHeard(id, result) : Uni.createFrom().item(result);
    }

    /**
     * Has {@code watcher} follow a task of the cluster on any node until the task ends. The watcher
     * gets the state of the task first.
     */
    public EventSource follow(TaskId id, TaskWatcher watcher) {
        return followings.follow(id, watcher);
    }

    /** A watcher of the task now also wants its output. */
    public void followMore(TaskId id) {
        followings.followMore(id);
    }

    /** The number of watchers of a task on this node. */
    public int watchers(TaskId id) {
        return followings.watchers(id);
    }

    /** The source of the events of a task that was given to {@link #elsewhere}. */
    public Optional<EventSource> events(TaskId id) {
        return followings.find(id);
    }

    /**
     * Sends a message to a task of the cluster; completes when its worker has it. Fails with a
     * {@code TaskException} when the task ends before, is none of the cluster's, takes no messages,
     * or Redis is away.
     */
    public Uni<Void> send(TaskId id, byte[] frame) {
        return senders.send(id, frame);
    }

    /** A task that was given to {@link #elsewhere} runs on this node after all. */
    public void forget(TaskId id) {
        followings.forget(id);
        senders.forget(id);
    }

    /**
     * The status of a task of the cluster. Fails with a {@code TaskException} while Redis is
     * unreachable.
     */
    public Uni<Optional<TaskStatus>> status(TaskId id) {
        Optional<TaskStatus> waiting = submissions.status(id);
        return waiting.isPresent() ? Uni.createFrom().item(waiting) : store.status(id);
    }

    /**
     * Cancels a task on any node; empty when there is no such task. All waiting clients get {@code
     * CANCELLED} at once. Fails with a {@code TaskException} while Redis is unreachable.
     */
    public Uni<Optional<Cancellation>> cancel(TaskId id, Duration grace) {
        return submissions.cancel(id)
                ? Uni.createFrom().item(Optional.of(new Cancellation(true, TaskState.CANCELLED)))
                : store.cancel(id, grace);
    }

    /** The nodes and the dead letters. */
    public Registry registry() {
        return registry;
    }

    /** A snapshot of this node. */
    public ClusterSnapshot snapshot() {
        return new ClusterSnapshot(
                self.id(),
                isUp(),
                heartbeat.load(),
                commands.isUp() ? null : commands.problem(),
                leased.leases().size(),
                outbox.size(),
                waiters.size(),
                leased.claimed(),
                leased.lost(),
                sweeper.reclaimed(),
                outbox.refused(),
                placement.overflowed(),
                new ClusterSnapshot.Submitted(
                        submissions.size(), submissions.bytes(), submissions.dropped()));
    }

    // The end

    /** Stops claiming tasks; tasks that run here go on. */
    public void drain() {
        if (!draining) {
            draining = true;
            placement.stop();
            claimer.stop();
        }
    }

    /**
     * Leaves the cluster once the pending results are stored, and then calls {@code whenLeft}.
     * Results that are not stored when the process ends are lost.
     */
    public void stop(Runnable whenLeft) {
        drain();
        stopped = true;
        sweeper.stop();
        heartbeat.stop();
        postponed.stop();
        outbox.whenEmpty(
                () ->
                        store.leave()
                                .subscribe()
                                .with(done -> close(whenLeft), failure -> close(whenLeft)));
    }

    private void close(Runnable whenLeft) {
        outbox.close();
        submissions.close();
        commands.close();
        bell.close();
        inbox.close();
        client.close();
        whenLeft.run();
    }
}
