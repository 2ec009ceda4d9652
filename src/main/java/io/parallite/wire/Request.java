package io.parallite.wire;

import io.parallite.task.Task;
import io.parallite.task.TaskId;
import org.jspecify.annotations.Nullable;

/** What a client asks for, by the {@code type} of its frame. */
public sealed interface Request {

    /** Run a task; also when {@code type} is absent. */
    record Submit(Task task) implements Request {}

    /** Answer with a task's result, now or when it is there. */
    record Await(TaskId id) implements Request {}

    /** Answer with a task's state and times. */
    record Status(TaskId id) implements Request {}

    /** Take a task out of the queue, or kill the worker that runs it. */
    record Cancel(TaskId id) implements Request {}

    /** Answer at once. {@code id} pairs the reply with the request, where the client gave one. */
    record Ping(@Nullable TaskId id) implements Request {}

    /** Answer with the figures of pool, queue and cache. */
    record Stats(@Nullable TaskId id) implements Request {}
}
