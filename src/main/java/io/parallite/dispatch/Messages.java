package io.parallite.dispatch;

import io.parallite.engine.Guard;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import io.parallite.worker.WorkerLease;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Delivers the messages to one task, in order.
 *
 * <p>At most {@link #WINDOW} messages of {@link #WINDOW_BYTES} in total, at least one, are sent to
 * the worker without an acknowledgement; further ones wait here, and so do their senders. When the
 * task is retried on another worker because the first one has not read it, unacknowledged messages
 * are sent to that one. Owned by the engine's thread.
 */
final class Messages {

    /** How many messages may be with a worker whose task has not received them. */
    static final int WINDOW = 16;

    /** How many bytes those may have together, unless it is one alone. */
    static final int WINDOW_BYTES = 1 << 20;

    private final String task;
    private final ArrayDeque<Message> withWorker = new ArrayDeque<>();
    private final ArrayDeque<Message> waiting = new ArrayDeque<>();
    private long bytesWithWorker;
    private @Nullable WorkerLease lease;
    private @Nullable Function<byte[], Uni<Void>> elsewhere;

    /** Why no further one is taken; {@code null} while they are. */
    private @Nullable TaskException refusal;

    Messages(String task) {
        this.task = task;
    }

    /** One of them. */
    private static final class Message {

        private final byte[] frame;
        private final Runnable onReleased;
        private @Nullable UniEmitter<? super Void> sender;

        Message(byte[] frame, Runnable onReleased, UniEmitter<? super Void> sender) {
            this.frame = frame;
            this.onReleased = onReleased;
            this.sender = sender;
        }

        void release() {
            Guard.run("releasing a message", onReleased);
        }

        void answer(@Nullable Throwable problem) {
            UniEmitter<? super Void> waiting = sender;
            sender = null;
            if (waiting != null && problem == null) {
                Guard.run("answering a sender", () -> waiting.complete(null));
            } else if (waiting != null) {
                Guard.run("answering a sender", () -> waiting.fail(problem));
            }
        }
    }

    /**
     * Sends one; completes when the worker has it, fails when the task ends before.
     *
     * @param onReleased run once when the frame is not referred to any longer
     */
    Uni<Void> send(byte[] frame, Runnable onReleased) {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            Message message = new Message(frame, onReleased, emitter);
                            TaskException why = refusal;
                            if (why != null) {
                                message.release();
                                message.answer(why);
                            } else {
                                waiting.add(message);
                                forward();
                            }
                        });
    }

    /** The task has begun on the worker of {@code on}, which has read none of them. */
    void begin(WorkerLease on) {
        lease = on;
        elsewhere = null;
        takeBack();
        forward();
    }

    /**
     * Another node may run the task: {@code send} passes a message on, and completes when the
     * task's worker has it.
     */
    void beginElsewhere(Function<byte[], Uni<Void>> send) {
        lease = null;
        elsewhere = send;
        takeBack();
        forward();
    }

    /** Nobody may run the task now: what no worker has got, and what comes, waits for the next. */
    void suspend() {
        lease = null;
        elsewhere = null;
        takeBack();
    }

    private void takeBack() {
        withWorker.descendingIterator().forEachRemaining(waiting::addFirst);
        withWorker.clear();
        bytesWithWorker = 0;
    }

    private void forward() {
        boolean goesOn = true;
        while (goesOn && !waiting.isEmpty() && hasRoom(waiting.getFirst())) {
            Function<byte[], Uni<Void>> away = elsewhere;
            if (away != null) {
                forwardElsewhere(away);
            } else {
                goesOn = lease != null && forwardTo(lease);
            }
        }
    }

    private boolean forwardTo(WorkerLease to) {
        Message next = waiting.removeFirst();
        if (!to.send(next.frame)) {
            waiting.addFirst(next);
            end(
                    new TaskException(
                            FailureKind.INVALID_REQUEST,
                            "the worker of task \"%s\" takes no messages: its script lacks the feature \"messages\""
                                    .formatted(task)));
            return false;
        }
        withWorker.add(next);
        bytesWithWorker += next.frame.length;
        next.answer(null);
        return true;
    }

    private void forwardElsewhere(Function<byte[], Uni<Void>> away) {
        Message next = waiting.removeFirst();
        withWorker.add(next);
        bytesWithWorker += next.frame.length;
        away.apply(next.frame)
                .subscribe()
                .with(done -> onCarried(next, null), failure -> onCarried(next, failure));
    }

    private void onCarried(Message message, @Nullable Throwable problem) {
        if (withWorker.remove(message)) {
            bytesWithWorker -= message.frame.length;
            message.release();
            message.answer(problem);
            forward();
        }
    }

    private boolean hasRoom(Message next) {
        return withWorker.isEmpty()
                || (withWorker.size() < WINDOW
                        && bytesWithWorker + next.frame.length <= WINDOW_BYTES);
    }

    /** The task has taken the first one. */
    void onReceived() {
        Message taken = withWorker.poll();
        if (taken != null) {
            bytesWithWorker -= taken.frame.length;
            taken.release();
            forward();
        }
    }

    /**
     * The task has ended: nothing more is delivered. Messages on their way to another node are
     * answered by that node, which may have delivered them before the end.
     */
    void end() {
        end(
                new TaskException(
                        FailureKind.NOT_FOUND,
                        "task \"%s\" has ended and takes no more messages".formatted(task)));
    }

    private void end(TaskException why) {
        refusal = why;
        if (elsewhere == null) {
            takeBack();
        }
        lease = null;
        elsewhere = null;
        List<Message> left = List.copyOf(waiting);
        waiting.clear();
        for (Message message : left) {
            message.release();
            message.answer(why);
        }
    }
}
