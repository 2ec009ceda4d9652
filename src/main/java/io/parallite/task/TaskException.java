package io.parallite.task;

/**
 * A task or request that failed in an expected way: a {@link FailureKind} and a sentence for the
 * client. It carries no stack trace, because it is an answer and not a defect.
 */
public class TaskException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final FailureKind kind;
    private final String explanation;

    public TaskException(FailureKind kind, String message) {
        super(message, null, false, false);
        this.kind = kind;
        this.explanation = message;
    }

    public final FailureKind kind() {
        return kind;
    }

    /** What failed, which one, actual against limit, and what to do. */
    public final String explanation() {
        return explanation;
    }

    /** The same failure as a task's result. */
    public final TaskResult.Failed toResult() {
        return new TaskResult.Failed(kind, explanation);
    }
}
