package io.parallite.worker;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.process.WorkerChannel;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerExit;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerTransport;
import io.parallite.task.TaskException;
import io.parallite.task.TaskResult.Replied;
import io.parallite.units.Texts;
import io.parallite.wire.Excerpt;
import io.parallite.wire.FrameReader;
import io.parallite.worker.WorkerState.Answered;
import io.parallite.worker.WorkerState.AtTask;
import io.parallite.worker.WorkerState.Busy;
import io.parallite.worker.WorkerState.Cancelling;
import io.parallite.worker.WorkerState.Ending;
import io.parallite.worker.WorkerState.Gone;
import io.parallite.worker.WorkerState.Idle;
import io.parallite.worker.WorkerState.Leased;
import io.parallite.worker.WorkerState.Overdue;
import io.parallite.worker.WorkerState.Phase;
import io.parallite.worker.WorkerState.Running;
import io.parallite.worker.WorkerState.Starting;
import io.smallrye.mutiny.subscription.Cancellable;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One PHP process that runs one task at a time.
 *
 * <h2>State</h2>
 *
 * <p>Its {@link WorkerState} is one field; each state carries what holds while it lasts. The state
 * changes first; then the worker reports to the pool, through {@link WorkerOwner}. {@link
 * WorkerHistory} is what it has done so far, {@link Retirement} whether it may go on.
 *
 * <h2>Trust</h2>
 *
 * <p>A reply counts only if it names the task that the worker runs. Everything else on the channel
 * (a second reply, stray output, an impossible length) ends the worker and fails its task with the
 * first bytes shown.
 *
 * <h2>Ends</h2>
 *
 * <p>{@link #retire} lets a worker finish its task and end; {@link #end} closes its input; {@link
 * #kill} and {@link #abort} kill the process with all that it started. Whichever it is, and when
 * the process ends by itself, {@link WorkerOwner#onGone} is called once, and the task is answered.
 *
 * <p>Owned by the engine's thread.
 */
public final class Worker implements WorkerChannel.Listener {

    /** How long the answer to a task may take to arrive once the worker has begun its next task. */
    public static final Duration ANSWER_GRACE = Duration.ofSeconds(1);

    private static final Logger LOG = Logger.getLogger(Worker.class);

    private final WorkerName name;
    private final WorkerCommand command;
    private final WorkerOwner owner;
    private final RecyclingMonitor recycling;
    private final WorkerHistory history;
    private final Retirement retirement;
    private final Deadline deadline;

    private WorkerState state = Starting.UNLAUNCHED;

    /**
     * A worker that has not been started.
     *
     * @param recycling watches its limits
     */
    public Worker(
            WorkerName name,
            WorkerCommand command,
            Engine engine,
            WorkerOwner owner,
            RecyclingMonitor recycling) {
        this.name = name;
        this.command = command;
        this.owner = owner;
        this.recycling = recycling;
        this.history = new WorkerHistory(engine);
        this.retirement = new Retirement(recycling, name.reusable());
        this.deadline = new Deadline(engine, this::onDeadline);
    }

    // What it is

    public WorkerName name() {
        return name;
    }

    /** The process id, 0 while there is none yet. */
    public long pid() {
        return state.channel().pid();
    }

    /** What it has done so far. */
    public WorkerHistory history() {
        return history;
    }

    /**
     * Whether it was started from {@code latest}, and not from what was found before.
     *
     * <p>Each reload makes a new command, even when it finds the same files.
     */
    @SuppressWarnings("ReferenceEquality")
    public boolean runs(WorkerCommand latest) {
        return command == latest;
    }

    public boolean isStarting() {
        return state.phase() == Phase.STARTING;
    }

    public boolean isIdle() {
        return state.phase() == Phase.IDLE;
    }

    public boolean isBusy() {
        return state.phase() == Phase.BUSY;
    }

    public boolean isEnding() {
        return state.phase() == Phase.ENDING;
    }

    public boolean isGone() {
        return state.phase() == Phase.GONE;
    }

    /** Whether its reply waits, or has just waited, for room in the budget. */
    public boolean hasWaitedForRoom() {
        return state.channel().hasWaitedForRoom();
    }

    /** Whether it is idle or busy. */
    public boolean isInService() {
        return isIdle() || isBusy();
    }

    /** Whether it has run no task, and was leased for none. */
    public boolean isFresh() {
        return history.isFresh();
    }

    /** Whether it runs an isolated task. */
    public boolean isDedicated() {
        return retirement.isForIsolatedTask() && isBusy();
    }

    /** Whether its script has said that it runs, which only some transports allow. */
    public boolean hasSaidReady() {
        return state.channel().provesReadiness();
    }

    /** Whether it has answered something, a ping or a task. */
    public boolean hasAnswered() {
        return history.served() > 0 || state.channel().hasAnswered();
    }

    /** Read by any thread without a lock: it may be a moment out of date. */
    @Override
    public @Nullable String currentTask() {
        return state instanceof AtTask atTask ? atTask.exchange().taskId() : null;
    }

    @Override
    public boolean isOfCurrentTask(long readAt) {
        return history.isOfCurrentTask(readAt);
    }

    /** It as it is now. */
    public WorkerSnapshot snapshot() {
        return WorkerSnapshot.of(name, state, history);
    }

    // Start

    /** Starts the process. */
    public void start(WorkerTransport transport) {
        history.onLaunched();
        Cancellable launch =
                transport
                        .open(name, command, this)
                        .subscribe()
                        .with(this::onOpened, this::onNotOpened);
        if (state instanceof Starting) {
            state = new Starting(launch);
        }
    }

    private void onOpened(WorkerChannel channel) {
        if (state instanceof Ending ending) {
            state = ending.ready(channel);
            channel.kill();
        } else if (state instanceof Starting starting) {
            state = starting.ready(channel);
            history.prove(channel.provesReadiness());
            history.onReady();
            LOG.debugf("worker is ready worker=%s pid=%d", name, channel.pid());
            recycling.begin(channel.pid(), reason -> owner.onRecyclable(this, reason));
            owner.onIdle(this);
        }
    }

    private void onNotOpened(Throwable failure) {
        state = Gone.UNOPENED;
        owner.onStartFailed(this, WorkerFailures.notStarted(name, failure));
    }

    // Lease and task

    /**
     * Leases the worker for one task.
     *
     * @throws IllegalStateException when it is not idle
     */
    public WorkerLease lease() {
        if (!(state instanceof Idle idle)) {
            throw new IllegalStateException(
                    "worker %s is %s and cannot be leased".formatted(name, state.phase()));
        }
        state = idle.lease();
        history.onLeased();
        recycling.onLeased(history.served(), owner.startNanos());
        return new WorkerLease(this);
    }

    /**
     * The same for an isolated task: nothing is prefetched beside it, and the worker ends after it.
     *
     * @throws IllegalStateException when it is not idle, or not fresh
     */
    public WorkerLease leaseIsolated() {
        if (!isFresh()) {
            throw new IllegalStateException("worker %s has run a task already".formatted(name));
        }
        WorkerLease lease = lease();
        retirement.retire(EndReason.ISOLATED);
        return lease;
    }

    /** Requests a task. */
    void begin(Exchange exchange) {
        if (!(state instanceof Leased leased)) {
            String what = "worker %s is %s".formatted(name, state.phase());
            exchange.fail(WorkerFailures.undelivered(what));
            return;
        }
        state = leased.begin(exchange);
        deadline.arm(exchange.timeout());
        exchange.begin(leased.channel(), leased.hasRequest());
    }

    /** Its task, while the answer is still to come; {@code null} when it has none. */
    @Nullable AtTask task() {
        return state instanceof AtTask atTask ? atTask : null;
    }

    /** Asks its task to end, and kills it unless it has ended within {@code grace}. */
    void cancel(Duration grace) {
        if (state instanceof Running running) {
            state = running.cancelling();
            running.exchange().cancel(running.channel());
            Duration left = deadline.left();
            deadline.arm(left.compareTo(grace) < 0 ? left : grace);
        }
    }

    /** The lease was returned: the worker is free again, unless it has to end. */
    void onReleased() {
        switch (state) {
            case Overdue overdue when !overdue.isAwaited() -> {} // free when its answer is read
            case Leased(WorkerChannel ignored, boolean hasRequest) when !hasRequest -> free(false);
            case Answered answered -> free(answered.hasNext());
            case Busy ignored -> kill(EndReason.CANCELLED);
            case Starting ignored -> {}
            case Idle ignored -> {}
            case Ending ignored -> {}
            case Gone ignored -> {}
        }
    }

    private void free(boolean hasNext) {
        if (!hasNext && retirement.isDueAfter(history.served())) {
            end(retirement.reason());
        } else if (state instanceof Busy busy) {
            state = new Idle(busy.channel(), hasNext);
            owner.onIdle(this);
        }
    }

    // Prefetching

    /** Whether tasks may be prefetched beside the one that it has, or is about to be leased for. */
    public boolean canPrefetch() {
        return isInService()
                && retirement.allowsMoreTasks()
                && !state.channel().hasMore(); // the next reply tells whether it would still look
    }

    /**
     * Sends the frame of a next task ahead of time; {@code false} when the worker cannot take it.
     */
    public boolean prefetch(byte[] frame) {
        return state.channel().prefetch(frame);
    }

    /** Withdraws prefetched frames that it has not taken, and gives them. */
    public List<byte[]> takeBack() {
        return state.channel().takeBack();
    }

    /** Whether it is idle and not leased, but has begun a prefetched task by itself. */
    public boolean hasNext() {
        return state instanceof Idle idle && idle.hasNext();
    }

    // What comes from the process

    @Override
    public void onFrame(byte[] frame) {
        try {
            switch (state) {
                case AtTask atTask -> read(atTask, frame);
                case Starting ignored -> onUnasked(frame);
                case Idle ignored -> onUnasked(frame);
                case Leased ignored -> onUnasked(frame);
                case Answered ignored -> onUnasked(frame);
                case Ending ignored -> {}
                case Gone ignored -> {}
            }
        } catch (RuntimeException | Error e) {
            LOG.errorf(e, "a frame of a worker met a defect worker=%s pid=%d", name, pid());
            killAndFail(EndReason.CRASHED, null, WorkerFailures.defect(name, e));
        }
    }

    private void onUnasked(byte[] frame) {
        onGarbage("sent a frame that nobody asked for: " + Excerpt.show(frame));
    }

    private void read(AtTask atTask, byte[] frame) {
        boolean saysTaken = FrameReader.isEmpty(frame) && !atTask.tookNext();
        if (saysTaken && atTask.channel().features().contains("prefetch")) {
            state = atTask.takingNext();
            return;
        }
        switch (atTask.exchange().read(frame)) {
            case Exchange.Received.Garbage(String description) -> onGarbage(description);
            case Exchange.Received.Event(String event) -> onEvent(atTask, event, frame);
            case Exchange.Received.Answer(Replied reply, boolean workerEnds) -> {
                onAnswer(atTask, reply.ok(), workerEnds);
                if (atTask instanceof Overdue overdue && !overdue.isAwaited()) {
                    onReleased();
                } else {
                    atTask.exchange().complete(reply);
                }
            }
        }
    }

    private void onAnswer(AtTask atTask, boolean ok, boolean workerEnds) {
        history.onAnswered();
        if (workerEnds) {
            retirement.onAnnounced(history.served(), ok);
        }
        leaveTask(atTask);
        state = atTask.answered();
    }

    private void leaveTask(AtTask atTask) {
        atTask.exchange().resume(atTask.channel());
        deadline.disarm();
    }

    private void onEvent(AtTask atTask, String event, byte[] frame) {
        switch (event) {
            case "stack" -> owner.onStack(this, frame);
            case "returned" -> onTaskReturned();
            default -> {
                if (!(atTask instanceof Cancelling)) {
                    atTask.exchange().report(event, frame);
                }
            }
        }
    }

    /** It ends before it has begun its task. */
    private void onTaskReturned() {
        String what = "worker %s ends".formatted(name);
        killAndFail(retirement.reason(), null, WorkerFailures.undelivered(what));
    }

    @Override
    public void onGarbage(String description) {
        if (isEnding() || isGone()) {
            return;
        }
        history.prove(state instanceof AtTask);
        LOG.warnf(
                "worker broke the protocol and is replaced: it %s worker=%s pid=%d",
                description, name, pid());
        killAndFail(EndReason.PROTOCOL, description, WorkerFailures.protocol(name, description));
    }

    /**
     * Requests the stack of its task, if it has been computing since the last call; {@code false}
     * when it has waited for something since then, and at the first call.
     */
    public boolean askForStack() {
        boolean isComputing = state.channel().isComputing();
        if (isComputing) {
            state.channel().askForStack();
        }
        return isComputing;
    }

    /** Whether it supports {@link #askForStack}. */
    public boolean tellsStacks() {
        return state.channel().features().contains("stack");
    }

    // Timeout and cancellation

    private void onDeadline() {
        if (!(state instanceof AtTask atTask) || outlives(atTask, true)) {
            return;
        }
        LOG.debugf(
                "task timed out worker=%s task=%s", name, Texts.word(atTask.exchange().taskId()));
        killAndFail(
                atTask instanceof Cancelling ? EndReason.CANCELLED : EndReason.TIMEOUT,
                null,
                WorkerFailures.timeout(atTask.exchange().timeout()));
    }

    /** The caller has cancelled {@code unsubscribed}, or it is over. */
    void onUnsubscribed(Exchange unsubscribed) {
        if (!(state instanceof AtTask atTask) || atTask.exchange() != unsubscribed) {
            return;
        }
        if (atTask instanceof Overdue) {
            state = atTask.outlived(false);
        } else if (!outlives(atTask, false)) {
            leaveTask(atTask);
            kill(EndReason.CANCELLED);
        }
    }

    /**
     * Whether the worker turns out to be done with the task, because it has taken its next one:
     * then the answer is on its way, and is waited for.
     */
    private boolean outlives(AtTask atTask, boolean isAwaited) {
        if (atTask instanceof Overdue || (!atTask.tookNext() && !owner.hasTakenNext(this))) {
            return false;
        }
        state = atTask.outlived(isAwaited);
        deadline.arm(ANSWER_GRACE);
        return true;
    }

    // Ends

    /**
     * Takes no further task: ends now when it has none, else after it; one that boots is killed.
     */
    public void retire(EndReason why) {
        EndReason reason = retirement.retire(why);
        switch (state.phase()) {
            case STARTING -> kill(reason);
            case IDLE -> end(reason);
            case BUSY -> owner.onRetiring(this);
            case ENDING, GONE -> {}
        }
    }

    /** Lets the process end by itself; {@link WorkerOwner#onGone} follows. */
    public void end(EndReason why) {
        leave(why, null, WorkerChannel::end);
    }

    /** Kills the process with all that it started; {@link WorkerOwner#onGone} follows. */
    public void kill(EndReason why) {
        leave(why, null, WorkerChannel::kill);
    }

    /** Kills the process and fails the task that it runs with {@code why}. */
    public void abort(TaskException why) {
        killAndFail(EndReason.CANCELLED, null, why);
    }

    private void killAndFail(EndReason reason, @Nullable String fault, TaskException why) {
        AtTask before = task();
        try {
            if (before != null) {
                leaveTask(before);
            }
            leave(reason, fault, WorkerChannel::kill);
        } finally {
            if (before != null) {
                before.exchange().fail(why);
            }
        }
    }

    /**
     * @param how ends the process through its channel
     */
    private void leave(EndReason reason, @Nullable String fault, Consumer<WorkerChannel> how) {
        WorkerState before = state;
        if (before instanceof Gone) {
            return;
        }
        if (!(before instanceof Ending)) {
            state = new Ending(before.channel(), reason, fault);
            deadline.disarm();
            recycling.close();
            owner.onEnding(this);
        }
        how.accept(state.channel());
        if (before instanceof Starting starting) {
            starting.launch().cancel();
        }
    }

    @Override
    public void onEnded(WorkerExit exit) {
        WorkerState before = state;
        if (before instanceof Gone) {
            return;
        }
        Exchange lost = before instanceof AtTask atTask ? atTask.exchange() : null;
        boolean isUnread = exit.requestUnread() && (lost == null || lost.isRequestLastWritten());
        history.prove(lost != null && !isUnread);
        state = new Gone(before.channel());
        deadline.close();
        recycling.close();
        try {
            EndReason unordered = retirement.ofUnorderedEnd(history.served(), exit.exitStatus());
            owner.onGone(this, WorkerEnd.of(before, exit, unordered));
        } finally {
            if (lost != null) {
                lost.fail(WorkerFailures.crashed(name, exit, isUnread));
            }
        }
    }
}
