package io.parallite.worker;

import io.parallite.process.WorkerChannel;
import io.parallite.task.Task;
import io.parallite.task.TaskResult.Replied;
import io.parallite.units.Texts;
import io.parallite.wire.Encoding;
import io.parallite.wire.Excerpt;
import io.parallite.wire.ReplyEnvelope;
import io.parallite.wire.RequestException;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * One task on one worker, from the request frame to the reply frame. Owned by the engine's thread.
 */
final class Exchange {

    /** What a frame of the worker means to this exchange. */
    sealed interface Received {
        /** The answer, which ends the exchange. */
        record Answer(Replied reply, boolean workerEnds) implements Received {}

        /** An event of the running task. */
        record Event(String name) implements Received {}

        /** Nothing that a worker may send now. */
        record Garbage(String description) implements Received {}
    }

    private static final Logger LOG = Logger.getLogger(Exchange.class);

    private final Task task;
    private final UniEmitter<? super Replied> emitter;
    private final Duration timeout;
    private final WorkerEvents events;
    private boolean isRequestLastWritten;
    private boolean isPaused;

    Exchange(
            Task task, UniEmitter<? super Replied> emitter, Duration timeout, WorkerEvents events) {
        this.task = task;
        this.emitter = emitter;
        this.timeout = timeout;
        this.events = events;
    }

    String taskId() {
        return task.id().value();
    }

    /** How long the task may run. */
    Duration timeout() {
        return timeout;
    }

    /**
     * Requests the task.
     *
     * @param hasRequest whether the worker has taken the request by itself already
     */
    void begin(WorkerChannel channel, boolean hasRequest) {
        isRequestLastWritten = !hasRequest;
        if (!hasRequest) {
            channel.write(task.frame());
        }
        if (events.wantsOutput()) {
            follow(channel);
        }
        events.onBegun();
    }

    /** Passes a message on to the task; {@code false} when the worker takes none. */
    boolean send(WorkerChannel channel, byte[] frame) {
        if (!channel.features().contains("messages")) {
            return false;
        }
        isRequestLastWritten = false;
        channel.write(frame);
        return true;
    }

    /** Has the worker send what the task prints, if it can. */
    void follow(WorkerChannel channel) {
        notify(channel, "follow");
    }

    /** Asks the task to end by itself, if the worker can. */
    void cancel(WorkerChannel channel) {
        resume(channel);
        notify(channel, "cancel");
    }

    private void notify(WorkerChannel channel, String notice) {
        if (!channel.features().contains(notice)) {
            return;
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("type", notice);
        fields.put("task_id", taskId());
        isRequestLastWritten = false;
        channel.write(Encoding.of(task.frame()).encode(fields));
    }

    /** Whether the last frame that was written to the worker is this request. */
    boolean isRequestLastWritten() {
        return isRequestLastWritten;
    }

    /** Reads nothing from the worker until {@link #resume}. */
    void pause(WorkerChannel channel) {
        if (!isPaused) {
            isPaused = true;
            channel.pause();
        }
    }

    /** Reads from the worker again. */
    void resume(WorkerChannel channel) {
        if (isPaused) {
            isPaused = false;
            channel.resume();
        }
    }

    /** Decodes a frame; it counts only if it names this task. */
    Received read(byte[] frame) {
        ReplyEnvelope envelope;
        byte[] answer;
        try {
            envelope = Encoding.of(frame).decodeReply(frame);
            answer = envelope.taskId() == null ? Encoding.withTaskId(frame, taskId()) : frame;
        } catch (RequestException e) {
            return new Received.Garbage(
                    "sent an invalid reply (%s): %s"
                            .formatted(e.explanation(), Excerpt.show(frame)));
        }
        if (envelope.taskId() != null && !envelope.taskId().equals(taskId())) {
            return new Received.Garbage(
                    "answered for task \"%s\" while it runs \"%s\""
                            .formatted(Texts.word(envelope.taskId()), Texts.word(taskId())));
        }
        if (envelope.event() != null) {
            return new Received.Event(envelope.event());
        }
        return new Received.Answer(new Replied(answer, envelope.ok()), envelope.workerEnds());
    }

    /** Passes an event of the task on; a failure there does not affect the task. */
    void report(String event, byte[] frame) {
        try {
            events.onEvent(event, frame);
        } catch (RuntimeException | Error e) {
            LOG.errorf(e, "an event could not be passed on task=%s", Texts.word(taskId()));
        }
    }

    void complete(Replied reply) {
        emitter.complete(reply);
    }

    void fail(Throwable why) {
        emitter.fail(why);
    }
}
