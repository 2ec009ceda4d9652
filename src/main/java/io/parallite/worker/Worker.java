package io.parallite.worker;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.process.WorkerChannel;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerExit;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerStartException;
import io.parallite.process.WorkerTransport;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskException;
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
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One PHP process that runs one task at a time.
 *
 * <h2>State</h2>
 *
 * <p>Its {@link WorkerState} is one field; each state carries what holds while it lasts. The pool
 * hears of the transitions that concern it through {@link WorkerOwner}. The state changes first,
 * and is then reported.
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

    /** How long the answer to a task that is known to be done may take to arrive. */
    public static final Duration ANSWER_GRACE = Duration.ofSeconds(1);

    /** How long after a task its words may still be on their way through the pipe of stderr. */
    static final Duration STDERR_LAG = Duration.ofMillis(50);

    private static final Logger LOG = Logger.getLogger(Worker.class);

    private final WorkerName name;
    private final WorkerCommand command;
    private final Engine engine;
    private final WorkerOwner owner;
    private final RecyclingMonitor recycling;
    private final Deadline deadline;

    private WorkerState state = Starting.UNLAUNCHED;

    /** Why it takes no further task; {@code null} while it may. */
    private @Nullable EndReason retirement;

    private boolean isProven;
    private long served;

    /** {@link System#nanoTime} of the last answer to a task, 0 before the first. */
    private volatile long answeredAt;

    private long launchedAt;
    private long readyAt;
    private long busySince;

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
        this.engine = engine;
        this.owner = owner;
        this.recycling = recycling;
        this.deadline = new Deadline(engine, this::onDeadline);
    }

    // What it is

    public WorkerName name() {
        return name;
    }

    /** The process id, 0 while there is none yet. */
    public long pid() {
        WorkerChannel channel = state.channel();
        return channel == null ? 0 : channel.pid();
    }

    /** Tasks answered so far. */
    public long served() {
        return served;
    }

    /** {@link Engine#nanoTime} of its launch. */
    public long launchedAt() {
        return launchedAt;
    }

    /** {@link Engine#nanoTime} at which it could take its first task, 0 before. */
    long readyAt() {
        return readyAt;
    }

    /** {@link Engine#nanoTime} of the last lease, 0 before the first. */
    public long busySince() {
        return busySince;
    }

    /** For how long its task has kept it: nanoseconds since the last lease. */
    public long busyNanos() {
        return engine.nanoTime() - busySince;
    }

    /**
     * Whether it was started from {@code latest}, and not from what was found before.
     *
     * <p>Each look gives a command of its own, even when it finds the same files.
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

    /** Whether its reply waits, or has just waited, for memory. */
    public boolean hasWaitedForRoom() {
        WorkerChannel channel = state.channel();
        return channel != null && channel.hasWaitedForRoom();
    }

    /** Whether it is, or will be, free for a task. */
    public boolean isInService() {
        return isIdle() || isBusy();
    }

    /** Whether it has run no task, and was leased for none. */
    public boolean isFresh() {
        return busySince == 0;
    }

    /** Whether it runs a task that has it for itself. */
    public boolean isDedicated() {
        return retirement == EndReason.ISOLATED && isBusy();
    }

    /** Whether its script has said that it runs. A transport may not let it. */
    public boolean hasSaidReady() {
        WorkerChannel channel = state.channel();
        return channel != null && channel.provesReadiness();
    }

    /** Whether it has answered something, a ping or a task. */
    public boolean hasAnswered() {
        WorkerChannel channel = state.channel();
        return served > 0 || (channel != null && channel.hasAnswered());
    }

    /** Whether it has shown that its script runs: a process that merely exists has not. */
    public boolean isProven() {
        return isProven;
    }

    /** Read without a lock on purpose: a log line a moment late is good enough. */
    @Override
    public @Nullable String currentTask() {
        return state instanceof AtTask atTask ? atTask.exchange().taskId() : null;
    }

    @Override
    public boolean isOfCurrentTask(long readAt) {
        return answeredAt == 0 || readAt - answeredAt > STDERR_LAG.toNanos();
    }

    public WorkerSnapshot snapshot() {
        return new WorkerSnapshot(
                name.value(),
                pid(),
                state.phase().name().toLowerCase(Locale.ROOT),
                served,
                millis(engine.nanoTime() - launchedAt),
                currentTask(),
                state instanceof AtTask ? millis(busyNanos()) : 0);
    }

    private static long millis(long nanos) {
        return Duration.ofNanos(nanos).toMillis();
    }

    // Start

    /** Starts the process. */
    public void start(WorkerTransport transport) {
        launchedAt = engine.nanoTime();
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
            isProven |= channel.provesReadiness();
            readyAt = engine.nanoTime();
            LOG.debugf("worker is ready worker=%s pid=%d", name, channel.pid());
            recycling.begin(channel.pid(), reason -> owner.onRecyclable(this, reason));
            owner.onIdle(this);
        }
    }

    private void onNotOpened(Throwable failure) {
        state = new Gone(null);
        TaskException why =
                failure instanceof TaskException known
                        ? known
                        : new WorkerStartException(
                                "worker %s could not be started: %s".formatted(name, failure));
        owner.onStartFailed(this, why);
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
        busySince = engine.nanoTime();
        recycling.onLeased(served, owner.startNanos());
        return new WorkerLease(this);
    }

    /**
     * The same for a task that has it for itself: no frame is laid beside that, and it ends after.
     *
     * @throws IllegalStateException when it is not idle, or not fresh
     */
    public WorkerLease leaseIsolated() {
        if (!isFresh()) {
            throw new IllegalStateException("worker %s has run a task already".formatted(name));
        }
        WorkerLease lease = lease();
        retirement = EndReason.ISOLATED;
        return lease;
    }

    Uni<WorkerReply> exchange(Task task, Duration timeout, WorkerEvents events) {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            Exchange exchange = new Exchange(task, emitter, timeout, events);
                            emitter.onTermination(() -> onUnsubscribed(exchange));
                            begin(exchange);
                        });
    }

    private void begin(Exchange exchange) {
        if (!(state instanceof Leased leased)) {
            exchange.fail(
                    new UndeliveredException("worker %s is %s".formatted(name, state.phase())));
            return;
        }
        state = leased.begin(exchange);
        deadline.arm(exchange.timeout());
        exchange.begin(leased.channel(), leased.hasRequest());
    }

    /** Reads nothing more from the process, until {@link #resume} or until its task has ended. */
    void pause() {
        if (state instanceof AtTask atTask) {
            atTask.exchange().pause(atTask.channel());
        }
    }

    void resume() {
        if (state instanceof AtTask atTask) {
            atTask.exchange().resume(atTask.channel());
        }
    }

    void follow() {
        if (state instanceof Running running) {
            running.exchange().follow(running.channel());
        }
    }

    /**
     * Passes a message on to the task; {@code false} when the worker takes none. A task that is
     * about to end does not get it.
     */
    boolean send(byte[] frame) {
        return !(state instanceof Running running)
                || running.exchange().send(running.channel(), frame);
    }

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
        if (!hasNext && mustEnd()) {
            end(retirement == null ? EndReason.EXITED : retirement);
        } else if (state instanceof Busy busy) {
            state = new Idle(busy.channel(), hasNext);
            owner.onIdle(this);
        }
    }

    private boolean mustEnd() {
        if (retirement == null && name.reusable()) {
            if (recycling.isUsedUp(served)) {
                retirement = EndReason.RECYCLED_TASKS;
            } else {
                recycling.lookAtMemory(); // may retire it
            }
        }
        return retirement != null || !name.reusable();
    }

    // Prefetching

    /** Whether tasks may be laid beside the one that it has, or is about to be given. */
    public boolean canPrefetch() {
        WorkerChannel channel = state.channel();
        return channel != null
                && isInService()
                && name.reusable()
                && retirement == null
                && !channel.hasMore(); // the next reply tells whether it would still look
    }

    /** Lays a frame beside its task; {@code false} when the worker cannot take that. */
    public boolean prefetch(byte[] frame) {
        WorkerChannel channel = state.channel();
        return channel != null && channel.prefetch(frame);
    }

    /** Takes back the frames that it has not taken. */
    public List<byte[]> takeBack() {
        WorkerChannel channel = state.channel();
        return channel == null ? List.of() : channel.takeBack();
    }

    /** Whether it is idle for the daemon only, and runs a task that it took by itself. */
    public boolean hasNext() {
        return state instanceof Idle idle && idle.hasNext();
    }

    /** It has taken a task that nobody wants, and runs it. */
    public void abandonNext() {
        kill(EndReason.CANCELLED);
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
            killAndFail(
                    EndReason.CRASHED,
                    null,
                    new TaskException(
                            FailureKind.INTERNAL,
                            "the daemon met a defect with the answer of worker %s: %s"
                                    .formatted(name, e)));
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
            case Exchange.Received.Answer(WorkerReply reply, boolean workerEnds) -> {
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
        served++;
        answeredAt = System.nanoTime() | 1;
        isProven = true;
        if (workerEnds && retirement == null) {
            retirement = recycling.announced(served, ok);
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
        EndReason why = retirement == null ? EndReason.EXITED : retirement;
        killAndFail(why, null, new UndeliveredException("worker %s ends".formatted(name)));
    }

    @Override
    public void onGarbage(String description) {
        if (isEnding() || isGone()) {
            return;
        }
        isProven |= state instanceof AtTask;
        LOG.warnf(
                "worker broke the protocol and is replaced: it %s worker=%s pid=%d",
                description, name, pid());
        killAndFail(
                EndReason.PROTOCOL,
                description,
                new TaskException(
                        FailureKind.WORKER_PROTOCOL,
                        "worker %s %s; a worker script may write nothing but reply frames to its channel"
                                .formatted(name, description)));
    }

    /**
     * Asks it for the stack of its task, if it has computed ever since this was called last; {@code
     * false} when it has waited for something, and the first time.
     */
    public boolean askForStack() {
        WorkerChannel channel = state.channel();
        if (channel == null || !channel.isComputing()) {
            return false;
        }
        channel.askForStack();
        return true;
    }

    /** Whether it can be asked for the stack of its task at all. */
    public boolean tellsStacks() {
        WorkerChannel channel = state.channel();
        return channel != null && channel.features().contains("stack");
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
                new TaskException(
                        FailureKind.TIMEOUT,
                        "task ran for longer than timeout_ms=%d and was killed; raise timeout_ms or split it"
                                .formatted(atTask.exchange().timeout().toMillis())));
    }

    /** Nobody waits for the answer to {@code unsubscribed} any longer. */
    private void onUnsubscribed(Exchange unsubscribed) {
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
        if (retirement == null) {
            retirement = why;
        }
        switch (state.phase()) {
            case STARTING -> kill(retirement);
            case IDLE -> end(retirement);
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
        WorkerState before = state;
        try {
            if (before instanceof AtTask atTask) {
                leaveTask(atTask);
            }
            leave(reason, fault, WorkerChannel::kill);
        } finally {
            if (before instanceof AtTask atTask) {
                atTask.exchange().fail(why);
            }
        }
    }

    /**
     * @param how said to the channel, when there is one
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
        WorkerChannel channel = state.channel();
        if (channel != null) {
            how.accept(channel);
        } else if (before instanceof Starting starting) {
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
        isProven |= lost != null && !isUnread;
        state = new Gone(before.channel());
        deadline.close();
        recycling.close();
        try {
            owner.onGone(this, WorkerEnd.of(before, exit, unorderedEnd(exit)));
        } finally {
            if (lost != null) {
                lost.fail(crashed(exit, isUnread));
            }
        }
    }

    private EndReason unorderedEnd(WorkerExit exit) {
        boolean mayLeaveAnyhow = retirement != null && retirement != EndReason.ISOLATED;
        if (!mayLeaveAnyhow && (served == 0 || exit.exitStatus() != 0)) {
            return EndReason.CRASHED;
        }
        return retirement == null ? EndReason.EXITED : retirement;
    }

    private TaskException crashed(WorkerExit exit, boolean isUnread) {
        String what = "worker %s %s".formatted(name, exit.describe());
        return isUnread
                ? new UndeliveredException(what + " before it had read the task")
                : new TaskException(FailureKind.WORKER_CRASHED, what + " while it ran the task");
    }
}
