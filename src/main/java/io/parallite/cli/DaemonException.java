package io.parallite.cli;

/** No daemon that could be talked to: the message says why, and what to do. */
final class DaemonException extends Exception {

    private static final long serialVersionUID = 1L;

    DaemonException(String message) {
        super(message);
    }
}
