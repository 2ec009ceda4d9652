package io.parallite.cli;

/** No daemon could be reached: the message has the reason, and what to do. */
final class DaemonException extends Exception {

    private static final long serialVersionUID = 1L;

    DaemonException(String message) {
        super(message);
    }
}
