package io.parallite.task;

/**
 * A piece of what a task prints.
 *
 * @param stream {@code stdout} or {@code stderr} of a command, {@code output} of PHP
 * @param offset how many bytes came before it on its stream
 * @param length how many bytes it has
 */
public record TaskOutput(String stream, long offset, long length) {

    /** How many bytes have come on its stream after it. */
    public long end() {
        return offset + length;
    }
}
