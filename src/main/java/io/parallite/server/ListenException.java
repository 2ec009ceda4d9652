package io.parallite.server;

import io.parallite.units.Texts;

/** The daemon cannot listen where it should: why, and what to do. */
public final class ListenException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** With a message that is made one line, whatever values it repeats. */
    public ListenException(String message) {
        super(Texts.escape(message));
    }
}
