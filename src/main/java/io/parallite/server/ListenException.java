package io.parallite.server;

/** The daemon cannot listen where it should: why, and what to do. */
public final class ListenException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public ListenException(String message) {
        super(message);
    }
}
