package io.parallite.pool;

import io.parallite.engine.NamedPipe;
import io.parallite.process.WorkerChannel;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerExit;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerStartException;
import io.parallite.wire.Encoding;
import io.parallite.wire.FrameReader;
import io.parallite.wire.TestFrames;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A worker process that does what a test tells it, and nothing by itself. */
public final class FakeChannel implements WorkerChannel {

    private enum State {
        STARTING,
        READY,
        GONE
    }

    private static final Pattern TASK_ID = Pattern.compile("\"task_id\":\"([^\"]*)\"");

    private final WorkerName name;
    private final WorkerCommand command;
    private final long pid;
    private final Listener listener;
    private final UniEmitter<? super WorkerChannel> emitter;
    private final boolean provesReadiness;
    private boolean computing = true;
    private final List<byte[]> written = new ArrayList<>();
    private final List<byte[]> cancels = new ArrayList<>();
    private final List<String> messages = new ArrayList<>();
    private int follows;
    private boolean paused;
    private State state = State.STARTING;
    private boolean toldToEnd;
    private boolean killed;
    private boolean asked;
    private Set<String> features = Set.of();
    private int stackRequests;
    private final ArrayDeque<byte[]> laid = new ArrayDeque<>();
    private byte @Nullable [] taken;
    private boolean hasMore;
    private boolean isBroken;
    private boolean waitsForRoom;

    FakeChannel(
            WorkerName name,
            WorkerCommand command,
            long pid,
            Listener listener,
            UniEmitter<? super WorkerChannel> emitter,
            boolean provesReadiness) {
        this.name = name;
        this.command = command;
        this.pid = pid;
        this.listener = listener;
        this.emitter = emitter;
        this.provesReadiness = provesReadiness;
    }

    public WorkerName name() {
        return name;
    }

    /** The version of the code it runs: 0 at first, one more for every look. */
    public int version() {
        return Integer.parseInt(command.directory().getFileName().toString());
    }

    @Override
    public long pid() {
        return pid;
    }

    @Override
    public boolean provesReadiness() {
        return provesReadiness;
    }

    @Override
    public boolean hasAnswered() {
        return provesReadiness;
    }

    @Override
    public boolean isComputing() {
        return computing;
    }

    /** The process waits for something, or does no longer. */
    void setComputing(boolean isComputing) {
        computing = isComputing;
    }

    @Override
    public void askForStack() {
        stackRequests++;
    }

    /** How often it was asked for its stack. */
    public int stackRequests() {
        return stackRequests;
    }

    /** It tells the stack of the task that it runs. */
    public void tellStack(String stack) {
        listener.onFrame(
                Encoding.JSON.encode(
                        Map.of("task_id", lastTask(), "event", "stack", "stack", stack)));
    }

    @Override
    public void write(byte[] frame) {
        if (state != State.READY || isDoomed()) {
            throw new AssertionError("a frame was written to " + this);
        }
        if (TestFrames.text(frame).contains("\"type\":\"cancel\"")) {
            cancels.add(frame);
            return;
        }
        if (TestFrames.text(frame).contains("\"type\":\"follow\"")) {
            follows++;
            return;
        }
        if (TestFrames.text(frame).contains("\"type\":\"send\"")) {
            messages.add(TestFrames.text(frame));
            return;
        }
        if (asked) {
            throw new AssertionError("a second task was given to " + this);
        }
        asked = true;
        written.add(frame);
    }

    @Override
    public boolean prefetch(byte[] frame) {
        if (state != State.READY || isDoomed()) {
            throw new AssertionError("a frame was laid beside " + this);
        }
        boolean can = features.contains("prefetch") && frame.length <= NamedPipe.ATOMIC_BYTES;
        if (can) {
            laid.add(frame);
        }
        return can;
    }

    @Override
    public List<byte[]> takeBack() {
        List<byte[]> all = List.copyOf(laid);
        laid.clear();
        return all;
    }

    @Override
    public boolean hasMore() {
        return hasMore;
    }

    /** Its next reply is here already, or is not. */
    public void hasMore(boolean has) {
        hasMore = has;
    }

    @Override
    public boolean hasWaitedForRoom() {
        return waitsForRoom;
    }

    /** Its reply waits for memory, or does not. */
    public void waitsForRoom(boolean waits) {
        waitsForRoom = waits;
    }

    /** The ids of the tasks that lie there for it. */
    public List<String> laid() {
        return laid.stream().map(FakeChannel::taskIn).toList();
    }

    /** The id of the task that it has taken and not told so. */
    public Optional<String> taken() {
        return Optional.ofNullable(taken).map(FakeChannel::taskIn);
    }

    /** It takes what lies there first, if anything, and has not told so. */
    public void take() {
        if (taken == null) {
            taken = laid.poll();
        }
    }

    @Override
    public void pause() {
        paused = true;
    }

    @Override
    public void resume() {
        paused = false;
    }

    /** It has said in its hello what it can do. */
    public void features(String... names) {
        features = Set.of(names);
    }

    /** From now on, to look at what it can do throws. */
    public void breakDown() {
        isBroken = true;
    }

    @Override
    public Set<String> features() {
        if (isBroken) {
            throw new StackOverflowError("a defect");
        }
        return features;
    }

    /** Whether nothing is read from it. */
    public boolean isPaused() {
        return paused;
    }

    /** The frames that told it to cancel its task. */
    public List<byte[]> cancels() {
        return cancels;
    }

    /** How often it was asked to tell what its task prints. */
    public int follows() {
        return follows;
    }

    /** The messages that were written behind its tasks. */
    public List<String> messages() {
        return messages;
    }

    /** Its task says something; the text is JSON fields, single quotes for double ones. */
    public void say(String fields) {
        listener.onFrame(TestFrames.json("{'task_id':'%s',%s}".formatted(lastTask(), fields)));
    }

    @Override
    public void end() {
        toldToEnd = true;
    }

    @Override
    public void kill() {
        killed = true;
    }

    /** The start was cancelled, when it had not come to its end. */
    void onStartSettled() {
        killed |= state == State.STARTING;
    }

    public boolean isStarting() {
        return state == State.STARTING && !killed;
    }

    public boolean isAlive() {
        return state != State.GONE;
    }

    public boolean wasToldToEnd() {
        return toldToEnd;
    }

    public boolean wasKilled() {
        return killed;
    }

    /** Whether its end was asked for, one way or the other. */
    public boolean isDoomed() {
        return killed || toldToEnd;
    }

    /** Whether it was sent a task and has not answered. */
    public boolean isAsked() {
        return asked && state == State.READY;
    }

    /** The frames it was sent. */
    public List<byte[]> written() {
        return written;
    }

    /** The ids of all the tasks it was given. */
    public List<String> tasks() {
        return written.stream().map(FakeChannel::taskIn).toList();
    }

    /** The id of the task it was sent last. */
    public String lastTask() {
        if (written.isEmpty()) {
            throw new AssertionError("no task was given to " + this);
        }
        return taskIn(written.getLast());
    }

    private static String taskIn(byte[] frame) {
        Matcher matcher = TASK_ID.matcher(TestFrames.text(frame));
        if (!matcher.find()) {
            throw new AssertionError("no task_id in " + TestFrames.text(frame));
        }
        return matcher.group(1);
    }

    /** It has booted and can take a frame. */
    public void ready() {
        state = State.READY;
        emitter.complete(this);
    }

    /** It could not be started. */
    public void failStart(String stderrTail) {
        state = State.GONE;
        emitter.fail(new WorkerStartException("worker %s: %s".formatted(name, stderrTail)));
    }

    /** It answers the task it was sent last. */
    public void reply() {
        reply(true);
    }

    /** The same; before, it takes what lies there for it. */
    public void reply(boolean ok) {
        byte[] answer = TestFrames.reply(lastTask(), ok);
        take();
        byte[] next = taken;
        taken = null;
        if (next == null) {
            send(answer);
        } else {
            tellTaken();
            written.add(next);
            listener.onFrame(answer);
        }
    }

    /** It tells that it has taken its next task. */
    public void tellTaken() {
        listener.onFrame(new byte[FrameReader.HEADER]);
    }

    /** It tells that it ends without having begun its task. */
    public void giveBack() {
        say("'event':'returned'");
    }

    /** It sends a frame, whatever is in it. */
    public void send(byte[] frame) {
        asked = false;
        listener.onFrame(frame);
    }

    /** It sends what is no frame. */
    public void garbage(String description) {
        listener.onGarbage(description);
    }

    /** Its process ends. */
    public void exit(int status, String stderrTail) {
        exit(new WorkerExit(status, stderrTail, false));
    }

    /** Its process ends without having read the frame it was sent last. */
    public void exitWithoutReading() {
        exitWithoutReading(0, "");
    }

    /** The same with an exit status, and with what it had written to standard error. */
    public void exitWithoutReading(int status, String stderr) {
        exit(new WorkerExit(status, stderr, true));
    }

    /** Its process ends after it was killed or told to end. */
    public void exitAsTold() {
        if (!isDoomed()) {
            throw new AssertionError(name + " was not told to end");
        }
        exit(killed ? 137 : 0, "");
    }

    private void exit(WorkerExit ending) {
        if (!isAlive()) {
            throw new AssertionError(name + " ends twice");
        }
        state = State.GONE;
        listener.onEnded(ending);
    }

    @Override
    public String toString() {
        return "%s (pid %d, %s%s%s)"
                .formatted(name, pid, state, killed ? ", killed" : "", toldToEnd ? ", ending" : "");
    }
}
