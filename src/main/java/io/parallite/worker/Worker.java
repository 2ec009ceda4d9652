package io.parallite.worker;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskException;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One PHP process: runs a task at a time and believes a reply only if it names that task.
 *
 * <p>Whatever else comes on its channel, a second reply, stray output, an impossible length, ends
 * the worker and fails its task with the first bytes shown. Owned by the engine's thread.
 */
final class Worker implements WorkerChannel.Listener {

    private static final Logger LOG = Logger.getLogger(Worker.class);

    /** Who is told about the milestones of a worker's life. */
    interface Owner {
        /** The worker can be leased, for the first time or again. */
        void onIdle(Worker worker);

        /** The worker is about to end and must not be leased any more. */
        void onEnding(Worker worker);

        /** The worker did not become ready; its process is gone. */
        void onStartFailed(Worker worker, TaskException why);

        /** The worker should be replaced soon; it goes on meanwhile. */
        void onWorn(Worker worker, EndReason reason);

        /** The worker has told where its task is, in an event frame. */
        void onStack(Worker worker, byte[] frame);

        /** How long a worker takes to start, in nanoseconds. */
        long startNanos();

        /** The worker had become ready, and its process is gone. */
        void onGone(Worker worker, WorkerEnding ending);
    }

    private final WorkerName name;
    private final WorkerCommand command;
    private final Engine engine;
    private final Owner owner;
    private final @Nullable Wear wear;
    private final Deadline deadline;
    private final Departure departure = new Departure();

    private WorkerState state = WorkerState.STARTING;
    private @Nullable Cancellable starting;
    private @Nullable WorkerChannel channel;
    private @Nullable Exchange exchange;
    private boolean readTask;
    private boolean paused;
    private long served;
    private long launchedAt;
    private long busySince;

    /**
     * A worker that has not been started.
     *
     * @param wear watches over its limits, {@code null} when it has none
     */
    Worker(
            WorkerName name,
            WorkerCommand command,
            Engine engine,
            Owner owner,
            @Nullable Wear wear) {
        this.name = name;
        this.command = command;
        this.engine = engine;
        this.owner = owner;
        this.wear = wear;
        this.deadline = new Deadline(engine, this::onTimeout);
    }

    WorkerName name() {
        return name;
    }

    WorkerState state() {
        return state;
    }

    /** Tasks answered so far. */
    long served() {
        return served;
    }

    /** The process id, 0 while there is none yet. */
    long pid() {
        return channel == null ? 0 : channel.pid();
    }

    /** Whether it has said, when it got ready, that it can do this, for example {@code cancel}. */
    boolean supports(String feature) {
        return channel != null && channel.features().contains(feature);
    }

    /**
     * Whether it was started from {@code latest}, and not from what was found before.
     *
     * <p>Each look gives a command of its own, even when it finds the same files.
     */
    @SuppressWarnings("ReferenceEquality")
    boolean runs(WorkerCommand latest) {
        return command == latest;
    }

    /** Why it has ended. */
    EndReason endReason(WorkerEnding ending) {
        return departure.reason(ending, served);
    }

    /**
     * What it has done wrong when its end was its own doing; {@code null} when it was told to end.
     */
    @Nullable String ownFault(WorkerEnding ending) {
        return departure.ownFault(ending);
    }

    /**
     * Asks it to tell where its task is.
     *
     * @return whether it can
     */
    boolean askForStack() {
        boolean canTell = channel != null && supports("stack");
        if (canTell && channel != null) {
            channel.askForStack();
        }
        return canTell;
    }

    /** Whether it says when its script runs, and has said so. */
    boolean saidReady() {
        return channel != null && channel.provesReadiness();
    }

    /** Whether it has answered something, a ping or a task. */
    boolean hasAnswered() {
        return served > 0 || channel != null && channel.hasAnswered();
    }

    /** Whether it has shown that its script runs: a process that merely exists has not. */
    boolean wasProven() {
        return served > 0 || readTask || channel != null && channel.provesReadiness();
    }

    /** Whether it has sent what is no reply to its task. */
    boolean brokeProtocol() {
        return departure.isFaulty();
    }

    /** Whether a signal that we did not send has ended it. */
    boolean wasKilledFromOutside(WorkerEnding ending) {
        return departure.wasKilledFromOutside(ending);
    }

    /** Whether it is, or will be, free for a task. */
    boolean isInService() {
        return state == WorkerState.IDLE || state == WorkerState.BUSY;
    }

    /** {@link Engine#nanoTime} of the last lease, 0 before the first. */
    long busySince() {
        return busySince;
    }

    /** The field is read without a lock on purpose: a log line a moment late is good enough. */
    @Override
    public @Nullable String currentTask() {
        Exchange current = exchange;
        return current == null ? null : current.taskId();
    }

    PoolSnapshot.WorkerSnapshot snapshot() {
        long now = engine.nanoTime();
        return new PoolSnapshot.WorkerSnapshot(
                name.value(),
                pid(),
                state.name().toLowerCase(Locale.ROOT),
                served,
                millis(now - launchedAt),
                currentTask(),
                exchange == null ? 0 : millis(now - busySince));
    }

    private static long millis(long nanos) {
        return Duration.ofNanos(nanos).toMillis();
    }

    /** {@link Engine#nanoTime} of its launch. */
    long launchedAt() {
        return launchedAt;
    }

    /** Starts the process. */
    void start(WorkerTransport transport) {
        launchedAt = engine.nanoTime();
        starting =
                transport
                        .open(name, command, this)
                        .subscribe()
                        .with(this::onReady, this::onNotReady);
    }

    private void onReady(WorkerChannel opened) {
        channel = opened;
        starting = null;
        if (state == WorkerState.ENDING) {
            opened.kill();
            return;
        }
        transition(WorkerState.IDLE);
        LOG.debugf("worker is ready worker=%s pid=%d", name, opened.pid());
        if (wear != null) {
            wear.begin(opened.pid(), reason -> owner.onWorn(this, reason));
        }
        owner.onIdle(this);
    }

    private void onNotReady(Throwable failure) {
        starting = null;
        transition(WorkerState.DEAD);
        TaskException why =
                failure instanceof TaskException known
                        ? known
                        : new WorkerStartException(
                                "worker %s could not be started: %s".formatted(name, failure));
        owner.onStartFailed(this, why);
    }

    /** Takes the worker out of the pool for one task. */
    WorkerLease lease() {
        transition(WorkerState.BUSY);
        busySince = engine.nanoTime();
        if (wear != null) {
            wear.onLeased(served, owner.startNanos());
        }
        return new WorkerLease(this);
    }

    Uni<WorkerReply> exchange(Task task, Duration timeout, WorkerEvents events) {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            Exchange begun = new Exchange(task, emitter, timeout, events);
                            emitter.onTermination(() -> onAbandoned(begun));
                            begin(begun);
                        });
    }

    private void begin(Exchange begun) {
        if (state != WorkerState.BUSY || exchange != null || channel == null) {
            begun.fail(new UndeliveredException("worker %s is %s".formatted(name, state)));
            return;
        }
        exchange = begun;
        deadline.arm(begun.timeout());
        channel.write(begun.request());
        if (begun.wantsOutput()) {
            follow();
        }
    }

    /** Has its task tell what it prints, if it can; see {@link WorkerLease}. */
    void follow() {
        Exchange current = exchange;
        if (current != null && channel != null && supports("follow") && !current.isUnwanted()) {
            channel.write(current.follow());
        }
    }

    /** The lease was returned: back to the pool, unless something is wrong with the worker. */
    void onLeaseReturned() {
        if (state != WorkerState.BUSY) {
            return;
        }
        if (departure.isFaulty() || exchange != null) {
            kill();
        } else if (departure.isDue() || !name.reusable() || wear != null && wearsOut(wear)) {
            end();
        } else {
            transition(WorkerState.IDLE);
            owner.onIdle(this);
        }
    }

    private boolean wearsOut(Wear watched) {
        if (watched.isUsedUp(served)) {
            departure.plan(EndReason.RECYCLED_TASKS);
        } else {
            watched.lookAtMemory();
        }
        return departure.isDue();
    }

    @Override
    public void onFrame(byte[] frame) {
        if (departure.isFaulty() || state == WorkerState.ENDING) {
            return;
        }
        Exchange current = exchange;
        if (current == null) {
            onGarbage("sent a frame that nobody asked for: " + Bytes.show(frame));
            return;
        }
        switch (current.hear(frame)) {
            case Exchange.Heard.Garbage(String description) -> onGarbage(description);
            case Exchange.Heard.Event(String event) -> onEvent(current, event, frame);
            case Exchange.Heard.Answer(WorkerReply reply, boolean workerEnds) -> {
                served++;
                if (workerEnds) {
                    departure.plan(announcedEnd(reply));
                }
                settle();
                current.complete(reply);
            }
        }
    }

    private EndReason announcedEnd(WorkerReply reply) {
        return wear == null ? EndReason.EXITED : wear.announced(served, reply.ok());
    }

    private void onEvent(Exchange current, String event, byte[] frame) {
        if (event.equals("stack")) {
            owner.onStack(this, frame);
        } else {
            current.tell(event, frame);
        }
    }

    /** Reads nothing from the process until {@link #resume}, or until its task has ended. */
    void pause() {
        if (exchange != null && channel != null && !paused) {
            paused = true;
            channel.pause();
        }
    }

    /** Reads from the process again. */
    void resume() {
        if (channel != null && paused) {
            paused = false;
            channel.resume();
        }
    }

    /**
     * Gives the task {@code grace} to end, telling it so if it listens; see {@link WorkerLease}.
     */
    void cancel(Duration grace) {
        Exchange current = exchange;
        if (current == null || channel == null || current.isUnwanted()) {
            return;
        }
        byte[] notice = current.cancel();
        resume();
        if (supports("cancel")) {
            channel.write(notice);
        }
        long left = current.timeout().toNanos() - (engine.nanoTime() - busySince);
        deadline.arm(Duration.ofNanos(Math.clamp(left, 0, grace.toNanos())));
    }

    @Override
    public void onGarbage(String description) {
        if (departure.isFaulty() || state == WorkerState.ENDING) {
            return;
        }
        departure.blame(description);
        readTask |= exchange != null;
        LOG.warnf(
                "worker broke the protocol and is replaced: it %s worker=%s pid=%d",
                description, name, pid());
        killAndFail(
                new TaskException(
                        FailureKind.WORKER_PROTOCOL,
                        "worker %s %s; a worker script may write nothing but reply frames to its channel"
                                .formatted(name, description)));
    }

    private void onTimeout() {
        Exchange current = exchange;
        if (current == null) {
            return;
        }
        LOG.debugf("task timed out worker=%s task=%s", name, current.taskId());
        departure.force(current.isUnwanted() ? EndReason.CANCELLED : EndReason.TIMEOUT);
        killAndFail(
                new TaskException(
                        FailureKind.TIMEOUT,
                        "task ran for longer than timeout_ms=%d and was killed; raise timeout_ms or split it"
                                .formatted(current.timeout().toMillis())));
    }

    private void onAbandoned(Exchange abandoned) {
        if (exchange == abandoned) {
            departure.force(EndReason.CANCELLED);
            settle();
            kill();
        }
    }

    @Override
    public void onEnded(WorkerEnding ending) {
        if (state == WorkerState.DEAD) {
            return;
        }
        transition(WorkerState.DEAD);
        Exchange lost = exchange;
        boolean isUnread = ending.requestUnread() && (lost == null || !lost.isFollowed());
        readTask |= lost != null && !isUnread;
        settle();
        deadline.close();
        closeWear();
        owner.onGone(this, ending);
        if (lost != null) {
            lost.fail(crashed(ending, isUnread));
        }
    }

    private TaskException crashed(WorkerEnding ending, boolean isUnread) {
        String what = "worker %s %s".formatted(name, ending.describe());
        return isUnread
                ? new UndeliveredException(what + " before it had read the task")
                : new TaskException(FailureKind.WORKER_CRASHED, what + " while it ran the task");
    }

    /** Kills the process with all that it started; {@link Owner#onGone} follows. */
    void kill() {
        endBy(WorkerChannel::kill);
    }

    /** Kills the process and fails the task it runs with {@code why}. */
    void abort(TaskException why) {
        departure.force(EndReason.CANCELLED);
        killAndFail(why);
    }

    /**
     * Takes no further task: ends now when it has none, else after it; one that boots is killed.
     */
    void retire(EndReason why) {
        departure.plan(why);
        if (state == WorkerState.IDLE) {
            end();
        } else if (state == WorkerState.STARTING) {
            kill();
        }
    }

    /** Lets the process end by itself; {@link Owner#onGone} follows. */
    void end() {
        endBy(WorkerChannel::end);
    }

    private void endBy(Consumer<WorkerChannel> how) {
        if (state == WorkerState.DEAD) {
            return;
        }
        if (state != WorkerState.ENDING) {
            departure.order();
            closeWear();
            transition(WorkerState.ENDING);
            owner.onEnding(this);
        }
        if (channel != null) {
            how.accept(channel);
        } else if (starting != null) {
            starting.cancel();
        }
    }

    private void killAndFail(TaskException why) {
        Exchange lost = exchange;
        settle();
        kill();
        if (lost != null) {
            lost.fail(why);
        }
    }

    private void closeWear() {
        if (wear != null) {
            wear.close();
        }
    }

    private void settle() {
        exchange = null;
        resume();
        deadline.disarm();
    }

    private void transition(WorkerState next) {
        if (!state.mayBecome(next)) {
            throw new IllegalStateException(
                    "worker %s cannot go from %s to %s".formatted(name, state, next));
        }
        state = next;
    }
}
