package io.parallite.worker;

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
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Locale;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One PHP process: runs a task at a time and believes a reply only if it names that task.
 *
 * <p>Whatever else comes on its channel, a second reply, stray output, an impossible length, ends
 * the worker and fails its task with the first bytes shown. Owned by the engine's thread.
 */
public final class Worker implements WorkerChannel.Listener {

    private static final Logger LOG = Logger.getLogger(Worker.class);

    private final WorkerName name;
    private final WorkerCommand command;
    private final Engine engine;
    private final WorkerOwner owner;
    private final RecyclingMonitor wear;
    private final Lifecycle life;
    private final Conversation conversation;
    private final Lookahead lookahead = new Lookahead();
    private final Departure departure = new Departure();

    private boolean readTask;
    private long served;
    private long launchedAt;
    private long busySince;

    /**
     * A worker that has not been started.
     *
     * @param wear watches over its limits
     */
    public Worker(
            WorkerName name,
            WorkerCommand command,
            Engine engine,
            WorkerOwner owner,
            RecyclingMonitor wear) {
        this.name = name;
        this.command = command;
        this.engine = engine;
        this.owner = owner;
        this.wear = wear;
        this.life = new Lifecycle(name);
        this.conversation = new Conversation(engine, this::onTimeout);
    }

    public WorkerName name() {
        return name;
    }

    public WorkerState state() {
        return life.state();
    }

    /** Tasks answered so far. */
    public long served() {
        return served;
    }

    /** The process id, 0 while there is none yet. */
    public long pid() {
        return life.pid();
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

    /** What it has of the tasks after its present one. */
    public Lookahead lookahead() {
        return lookahead;
    }

    /** Whether tasks may be laid beside the one that it has, or is about to be given. */
    public boolean canPrefetch() {
        return isInService() && name.reusable() && !departure.isDue() && lookahead.isOpen();
    }

    /** Why it leaves, or has left. */
    public Departure departure() {
        return departure;
    }

    /**
     * Asks it to tell where its task is.
     *
     * @return whether it can
     */
    public boolean askForStack() {
        WorkerChannel channel = life.channel();
        if (channel == null || !life.hasFeature("stack")) {
            return false;
        }
        channel.askForStack();
        return true;
    }

    /** Whether it says when its script runs, and has said so. */
    public boolean saidReady() {
        WorkerChannel channel = life.channel();
        return channel != null && channel.provesReadiness();
    }

    /** Whether it has answered something, a ping or a task. */
    public boolean hasAnswered() {
        WorkerChannel channel = life.channel();
        return served > 0 || channel != null && channel.hasAnswered();
    }

    /** Whether it has shown that its script runs: a process that merely exists has not. */
    public boolean wasProven() {
        return served > 0 || readTask || saidReady();
    }

    /** Whether it is, or will be, free for a task. */
    public boolean isInService() {
        return life.isInService();
    }

    /** {@link Engine#nanoTime} of the last lease, 0 before the first. */
    public long busySince() {
        return busySince;
    }

    @Override
    public @Nullable String currentTask() {
        return conversation.taskId();
    }

    public WorkerSnapshot snapshot() {
        long now = engine.nanoTime();
        return new WorkerSnapshot(
                name.value(),
                pid(),
                state().name().toLowerCase(Locale.ROOT),
                served,
                millis(now - launchedAt),
                currentTask(),
                conversation.exchange() == null ? 0 : millis(now - busySince));
    }

    private static long millis(long nanos) {
        return Duration.ofNanos(nanos).toMillis();
    }

    /** {@link Engine#nanoTime} of its launch. */
    public long launchedAt() {
        return launchedAt;
    }

    /** Starts the process. */
    public void start(WorkerTransport transport) {
        launchedAt = engine.nanoTime();
        life.start(transport.open(name, command, this), this::onReady, this::onNotReady);
    }

    private void onReady(WorkerChannel channel) {
        conversation.open(channel);
        lookahead.open(channel);
        LOG.debugf("worker is ready worker=%s pid=%d", name, channel.pid());
        wear.begin(channel.pid(), reason -> owner.onWorn(this, reason));
        owner.onIdle(this);
    }

    private void onNotReady(Throwable failure) {
        TaskException why =
                failure instanceof TaskException known
                        ? known
                        : new WorkerStartException(
                                "worker %s could not be started: %s".formatted(name, failure));
        owner.onStartFailed(this, why);
    }

    /** Takes the worker out of the pool for one task. */
    public WorkerLease lease() {
        life.become(WorkerState.BUSY);
        busySince = engine.nanoTime();
        lookahead.onLeased();
        wear.onLeased(served, owner.startNanos());
        return new WorkerLease(this, conversation);
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
        if (state() != WorkerState.BUSY || !conversation.begin(begun, lookahead.begin())) {
            begun.fail(new UndeliveredException("worker %s is %s".formatted(name, state())));
        }
    }

    /** The lease was returned: back to the pool, unless something is wrong with the worker. */
    void onLeaseReturned() {
        if (state() != WorkerState.BUSY) {
            return;
        }
        Exchange current = conversation.exchange();
        if (current != null && current.isAbandoned()) {
            return;
        }
        boolean isAtTask = current != null || lookahead.hasFrame();
        if (departure.isFaulty() || isAtTask) {
            kill();
        } else if (!lookahead.hasTaken() && (departure.isDue() || !name.reusable() || wearsOut())) {
            end();
        } else {
            life.become(WorkerState.IDLE);
            owner.onIdle(this);
        }
    }

    private boolean wearsOut() {
        if (wear.isUsedUp(served)) {
            departure.plan(EndReason.RECYCLED_TASKS);
        } else {
            wear.lookAtMemory();
        }
        return departure.isDue();
    }

    @Override
    public void onFrame(byte[] frame) {
        if (departure.isFaulty() || state() == WorkerState.ENDING) {
            return;
        }
        Exchange current = conversation.exchange();
        if (current == null) {
            onGarbage("sent a frame that nobody asked for: " + Excerpt.show(frame));
            return;
        }
        if (FrameReader.isEmpty(frame) && lookahead.onTaken()) {
            return;
        }
        switch (current.hear(frame)) {
            case Exchange.Heard.Garbage(String description) -> onGarbage(description);
            case Exchange.Heard.Event(String event) -> onEvent(current, event, frame);
            case Exchange.Heard.Answer(WorkerReply reply, boolean workerEnds) -> {
                served++;
                if (workerEnds) {
                    departure.plan(wear.announced(served, reply.ok()));
                }
                conversation.finish();
                if (current.isAbandoned()) {
                    onLeaseReturned();
                } else {
                    current.complete(reply);
                }
            }
        }
    }

    private void onEvent(Exchange current, String event, byte[] frame) {
        switch (event) {
            case "stack" -> owner.onStack(this, frame);
            case "returned" -> onReturned(current);
            default -> current.tell(event, frame);
        }
    }

    /** It had taken a task by itself, and ends before it has begun that. */
    private void onReturned(Exchange current) {
        if (current.wasPrefetched()) {
            departure.plan(EndReason.EXITED);
            killAndFail(new UndeliveredException("worker %s ends".formatted(name)));
        } else {
            onGarbage("returned a task that it had not taken by itself");
        }
    }

    /** It goes on with a task that nobody wants any more. */
    public void abandonTaken() {
        departure.force(EndReason.CANCELLED);
        kill();
    }

    @Override
    public void onGarbage(String description) {
        if (departure.isFaulty() || state() == WorkerState.ENDING) {
            return;
        }
        departure.blame(description);
        readTask |= conversation.exchange() != null;
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
        Exchange current = conversation.exchange();
        if (current == null) {
            return;
        }
        if (isOver(current)) {
            return;
        }
        LOG.debugf("task timed out worker=%s task=%s", name, Texts.word(current.taskId()));
        departure.force(current.isUnwanted() ? EndReason.CANCELLED : EndReason.TIMEOUT);
        killAndFail(
                new TaskException(
                        FailureKind.TIMEOUT,
                        "task ran for longer than timeout_ms=%d and was killed; raise timeout_ms or split it"
                                .formatted(current.timeout().toMillis())));
    }

    private void onAbandoned(Exchange abandoned) {
        if (conversation.exchange() != abandoned) {
            return;
        }
        if (abandoned.isOver() || isOver(abandoned)) {
            abandoned.abandon();
        } else {
            departure.force(EndReason.CANCELLED);
            conversation.finish();
            kill();
        }
    }

    /** Whether the task is done, which has just been found out: then its reply is waited for. */
    private boolean isOver(Exchange current) {
        if (current.isOver() || state() != WorkerState.BUSY || !owner.hasGoneOn(this)) {
            return false;
        }
        current.onOver();
        conversation.awaitReply();
        return true;
    }

    @Override
    public void onEnded(WorkerExit ending) {
        if (state() == WorkerState.DEAD) {
            return;
        }
        life.become(WorkerState.DEAD);
        Exchange lost = conversation.finish();
        conversation.close();
        boolean isUnread = ending.requestUnread() && (lost == null || lost.isAllThatWasSent());
        readTask |= lost != null && !isUnread;
        wear.close();
        owner.onGone(this, ending);
        if (lost != null) {
            lost.fail(crashed(ending, isUnread));
        }
    }

    private TaskException crashed(WorkerExit ending, boolean isUnread) {
        String what = "worker %s %s".formatted(name, ending.describe());
        return isUnread
                ? new UndeliveredException(what + " before it had read the task")
                : new TaskException(FailureKind.WORKER_CRASHED, what + " while it ran the task");
    }

    /** Kills the process with all that it started; {@link WorkerOwner#onGone} follows. */
    public void kill() {
        life.end(WorkerChannel::kill, this::onFirstToldToEnd);
    }

    /** Kills the process and fails the task it runs with {@code why}. */
    public void abort(TaskException why) {
        departure.force(EndReason.CANCELLED);
        killAndFail(why);
    }

    /**
     * Takes no further task: ends now when it has none, else after it; one that boots is killed.
     */
    public void retire(EndReason why) {
        departure.plan(why);
        if (state() == WorkerState.IDLE) {
            end();
        } else if (state() == WorkerState.BUSY) {
            owner.onRetiring(this);
        } else if (state() == WorkerState.STARTING) {
            kill();
        }
    }

    /** Lets the process end by itself; {@link WorkerOwner#onGone} follows. */
    public void end() {
        life.end(WorkerChannel::end, this::onFirstToldToEnd);
    }

    private void onFirstToldToEnd() {
        departure.order();
        wear.close();
        owner.onEnding(this);
    }

    private void killAndFail(TaskException why) {
        Exchange lost = conversation.finish();
        kill();
        if (lost != null) {
            lost.fail(why);
        }
    }
}
