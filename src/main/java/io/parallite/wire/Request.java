package io.parallite.wire;

import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.TaskState;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for, by the {@code type} of its frame. Where {@code id} may be {@code null} it
 * only pairs the reply with the request.
 */
public sealed interface Request {

    /**
     * Whether it has an effect beyond its answer, so that it is done for a client that has gone.
     */
    default boolean outlivesItsClient() {
        return this instanceof Submit
                || this instanceof Cancel
                || this instanceof Send
                || this instanceof DeadLetter
                || this instanceof Reload
                || this instanceof Control
                || this instanceof Stop;
    }

    /**
     * Run a task; also when {@code type} is absent.
     *
     * @param wish what the client wants to hear of it
     */
    record Submit(Task task, Wish wish) implements Request {}

    /** What a client that submits a task wants to hear of it. */
    enum Wish {
        /** Its reply. */
        REPLY,
        /** Before it, the progress and the values that the task tells. */
        EVENTS,
        /** Before it, all of that and what the task prints. */
        OUTPUT
    }

    /** Answer with a task's result, now or when it is there. */
    record Await(TaskId id) implements Request {}

    /** The same, and before it tell of the task's state and events. */
    record Tail(TaskId id) implements Request {}

    /**
     * Tell no more events of a task to this client until it resumes; the task waits when it says
     * more.
     *
     * @param held whether to hold or to resume
     */
    record Hold(TaskId id, boolean held) implements Request {}

    /** Answer with a task's state and times. */
    record Status(TaskId id) implements Request {}

    /** Answer with all that is kept of a task. */
    record Detail(TaskId id) implements Request {}

    /**
     * List failures by kind and place.
     *
     * @param limit at most that many groups
     */
    record Failures(@Nullable TaskId id, int limit) implements Request {}

    /**
     * Take a task out of the queue, or end it.
     *
     * @param grace how long a running task gets to end by itself before its worker is killed
     */
    record Cancel(TaskId id, Duration grace) implements Request {}

    /**
     * List the tasks that are in flight or ended lately.
     *
     * @param limit at most that many
     * @param state only those in this state, {@code null} for all
     */
    record Tasks(@Nullable TaskId id, int limit, @Nullable TaskState state) implements Request {}

    /**
     * Show that the client may ask for more; the first request where a token is asked for.
     *
     * @param token the secret, {@code null} when there is none in the request
     */
    record Authenticate(@Nullable TaskId id, @Nullable String token) implements Request {
        @Override
        public String toString() {
            return "Authenticate"; // and not the secret
        }
    }

    /** List the nodes and the queues of the cluster. */
    record Nodes(@Nullable TaskId id) implements Request {}

    /**
     * List the dead letters of the cluster.
     *
     * @param limit at most that many
     */
    record DeadLetters(@Nullable TaskId id, int limit) implements Request {}

    /** Do something with one dead letter. */
    record DeadLetter(TaskId id, Handling action) implements Request {
        /** What. */
        public enum Handling {
            /** Tell why it died. */
            SHOW,
            /** Run it again. */
            RETRY,
            /** Forget it. */
            DROP
        }
    }

    /**
     * Pass a value on to a running task.
     *
     * @param to the task
     * @param frame the whole frame, which goes to the worker
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Send(@Nullable TaskId id, TaskId to, byte[] frame) implements Request {}

    /**
     * Keep a value that tasks share, as long as this client, or a task that names it, is there.
     *
     * @param hash the SHA-256 of its bytes, in hexadecimal digits
     * @param frame the frame that has the value; {@code null}: ask whether it is kept already
     * @param inBase64 whether the value is in base64
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Share(@Nullable TaskId id, String hash, byte @Nullable [] frame, boolean inBase64)
            implements Request {}

    /** This client needs a value no longer. */
    record Unshare(@Nullable TaskId id, String hash) implements Request {}

    /** Answer at once. */
    record Ping(@Nullable TaskId id) implements Request {}

    /** Answer with the figures of pool, queue and cache. */
    record Stats(@Nullable TaskId id) implements Request {}

    /** Answer with the settings that are in force, and where they come from. */
    record Settings(@Nullable TaskId id) implements Request {}

    /** Replace all workers by new ones. */
    record Reload(@Nullable TaskId id) implements Request {}

    /**
     * Steer the daemon.
     *
     * @param pool which pool, but for {@link Action#DRAIN}; {@code null}: all, or for {@link
     *     Action#SCALE} the default one
     * @param workers how many persistent workers, for {@link Action#SCALE}
     */
    record Control(@Nullable TaskId id, Action action, @Nullable String pool, int workers)
            implements Request {}

    /** What {@link Control} may ask for. */
    enum Action {
        /** Give no waiting task a worker. */
        PAUSE,
        /** End a pause, or a drain. */
        RESUME,
        /** Take no more tasks, and answer when none is in flight. */
        DRAIN,
        /** Keep another number of persistent workers. */
        SCALE
    }

    /** Stop the daemon in good order. */
    record Stop(@Nullable TaskId id) implements Request {}
}
