package io.parallite.pool;

/** The task has been taken out of the queue by {@link WorkerPool#shed}: it is to run elsewhere. */
public final class ShedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ShedException() {
        super("the task is to run elsewhere", null, false, false);
    }
}
