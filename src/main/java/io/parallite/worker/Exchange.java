package io.parallite.worker;

import io.parallite.task.Task;
import io.parallite.units.Texts;
import io.parallite.wire.Encoding;
import io.parallite.wire.Excerpt;
import io.parallite.wire.ReplyEnvelope;
import io.parallite.wire.RequestException;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One task on one worker: from the frame that asks for it to the frame that answers. Owned by the
 * engine's thread.
 */
final class Exchange {

    /** What a frame of the worker is to this exchange. */
    sealed interface Heard {
        /** The answer, which ends the exchange. */
        record Answer(WorkerReply reply, boolean workerEnds) implements Heard {}

        /** Something that the task says while it runs. */
        record Event(String name) implements Heard {}

        /** Nothing that may come. */
        record Garbage(String description) implements Heard {}
    }

    private final Task task;
    private final UniEmitter<? super WorkerReply> emitter;
    private final Duration timeout;
    private final WorkerEvents events;
    private boolean unwanted;
    private boolean followed;
    private boolean prefetched;
    private boolean over;
    private boolean abandoned;

    Exchange(
            Task task,
            UniEmitter<? super WorkerReply> emitter,
            Duration timeout,
            WorkerEvents events) {
        this.task = task;
        this.emitter = emitter;
        this.timeout = timeout;
        this.events = events;
    }

    String taskId() {
        return task.id().value();
    }

    /** The frame that asks for the task. */
    byte[] request() {
        return task.frame();
    }

    /** How long the task may run. */
    Duration timeout() {
        return timeout;
    }

    /** Whether the task has been cancelled and has only time left to end by itself. */
    boolean isUnwanted() {
        return unwanted;
    }

    /**
     * Takes note that nobody waits for the task any more; gives the frame that tells the worker.
     */
    byte[] cancel() {
        unwanted = true;
        return notice("cancel");
    }

    /** Takes note that the worker is asked what the task prints; gives the frame that asks. */
    byte[] follow() {
        followed = true;
        return notice("follow");
    }

    /** Takes note that the worker had taken the task by itself before this began. */
    void onPrefetched() {
        prefetched = true;
    }

    /** Whether the worker had taken the task by itself. */
    boolean wasPrefetched() {
        return prefetched;
    }

    /** Takes note that the worker is done with the task, and its reply on the way. */
    void onOver() {
        over = true;
    }

    /** Whether the worker is known to be done with the task. */
    boolean isOver() {
        return over;
    }

    /** Takes note that nobody waits any more, for the reply or for the worker to be given back. */
    void abandon() {
        abandoned = true;
    }

    /** Whether it goes on for the sake of the worker alone. */
    boolean isAbandoned() {
        return abandoned;
    }

    /** Whether what the worker leaves unread can be nothing but the request. */
    boolean isAllThatWasSent() {
        return !followed && !prefetched;
    }

    /** Whether somebody wants to be told what the task prints. */
    boolean wantsOutput() {
        return events.wantsOutput();
    }

    private byte[] notice(String type) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("type", type);
        fields.put("task_id", taskId());
        return Encoding.of(request()).encode(fields);
    }

    /** Tells what {@code frame} is; believes nothing that does not name this task. */
    Heard hear(byte[] frame) {
        ReplyEnvelope envelope;
        byte[] answer;
        try {
            envelope = Encoding.of(frame).decodeReply(frame);
            answer = envelope.taskId() == null ? Encoding.withTaskId(frame, taskId()) : frame;
        } catch (RequestException e) {
            return new Heard.Garbage(
                    "sent a reply that is none (%s): %s"
                            .formatted(e.explanation(), Excerpt.show(frame)));
        }
        if (envelope.taskId() != null && !envelope.taskId().equals(taskId())) {
            return new Heard.Garbage(
                    "answered for task \"%s\" while it runs \"%s\""
                            .formatted(Texts.word(envelope.taskId()), Texts.word(taskId())));
        }
        if (envelope.event() != null) {
            return new Heard.Event(envelope.event());
        }
        return new Heard.Answer(new WorkerReply(answer, envelope.ok()), envelope.workerEnds());
    }

    /** Passes on what the task says, as long as somebody wants it. */
    void tell(String event, byte[] frame) {
        if (!unwanted) {
            events.onEvent(event, frame);
        }
    }

    void complete(WorkerReply reply) {
        emitter.complete(reply);
    }

    void fail(Throwable why) {
        emitter.fail(why);
    }
}
