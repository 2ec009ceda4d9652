package io.parallite.task;

import io.parallite.units.Texts;

/**
 * The name a client gives a task: 1 to {@value #MAX_LENGTH} characters, unique among the tasks that
 * are in flight or retained.
 */
public record TaskId(String value) {

    public static final int MAX_LENGTH = 255;

    /**
     * @throws TaskException of kind {@link FailureKind#INVALID_REQUEST} when the id is empty or too
     *     long
     */
    public TaskId {
        if (value.isEmpty()) {
            throw new TaskException(
                    FailureKind.INVALID_REQUEST,
                    "task_id is empty; give every task an id of its own");
        }
        if (value.length() > MAX_LENGTH) {
            throw new TaskException(
                    FailureKind.INVALID_REQUEST,
                    "task_id of %d characters exceeds %d; use a shorter one"
                            .formatted(value.length(), MAX_LENGTH));
        }
    }

    /** As a log or a message shows it: one short word, which cannot pass for more than an id. */
    @Override
    public String toString() {
        return Texts.word(value);
    }
}
