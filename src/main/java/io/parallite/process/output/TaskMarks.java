package io.parallite.process.output;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * Finds the marks with which a worker says, in its standard error itself, that a task begins there.
 *
 * <p>A mark is a NUL, the secret of the worker, the length of the task's id in bytes (two,
 * big-endian), and the id in UTF-8. The worker writes it with one write(2) of less than {@code
 * PIPE_BUF} bytes, so nothing that others write comes between. It may be read in pieces: what could
 * be the beginning of one is held back until more has come. For one thread at a time.
 */
final class TaskMarks {

    /** A longer id is none that the daemon has accepted. */
    private static final int MAX_ID = 2048;

    private static final int NO_MARK = -1;
    private static final int INCOMPLETE = 0;

    /** Receives the text without the marks, in order. */
    interface Sink {
        /** Bytes that are not part of a mark. */
        void onText(byte[] bytes, int from, int to);

        /** The task with this id writes what follows. */
        void onTask(String id);
    }

    private final byte[] head;
    private final Sink sink;
    private byte[] held = {};

    /**
     * @param secret the worker's, of ASCII
     */
    TaskMarks(String secret, Sink sink) {
        this.head = ("\0" + secret).getBytes(US_ASCII);
        this.sink = sink;
    }

    /**
     * Passes on what has been read. Of marks with nothing between them only the last counts.
     *
     * @return whether there was more than marks
     */
    boolean feed(byte[] bytes, int count) {
        byte[] all = bytes;
        int end = count;
        if (held.length > 0) {
            all = Arrays.copyOf(held, held.length + count);
            System.arraycopy(bytes, 0, all, held.length, count);
            end = all.length;
            held = new byte[0];
        }
        return split(all, end);
    }

    private boolean split(byte[] bytes, int end) {
        boolean isMore = false;
        int textFrom = 0;
        int mark = -1; // where the last one begins, while no text has followed
        int at = 0;
        while (at < end) {
            int length = bytes[at] == 0 ? markLength(bytes, at, end) : NO_MARK;
            if (length == NO_MARK) {
                at++;
                continue;
            }
            if (at > textFrom) {
                report(bytes, mark);
                sink.onText(bytes, textFrom, at);
                mark = -1;
                isMore = true;
            }
            if (length == INCOMPLETE) {
                held = Arrays.copyOfRange(bytes, at, end);
                textFrom = end;
                break;
            }
            mark = at;
            at += length;
            textFrom = at;
        }
        report(bytes, mark);
        if (textFrom < end) {
            sink.onText(bytes, textFrom, end);
            isMore = true;
        }
        return isMore;
    }

    private void report(byte[] bytes, int mark) {
        if (mark >= 0) {
            int id = mark + head.length + Short.BYTES;
            sink.onTask(new String(bytes, id, idLength(bytes, mark), UTF_8));
        }
    }

    /** The length of the mark at {@code at}, or {@link #NO_MARK}, or {@link #INCOMPLETE}. */
    private int markLength(byte[] bytes, int at, int end) {
        int known = Math.min(head.length, end - at);
        if (!Arrays.equals(head, 0, known, bytes, at, at + known)) {
            return NO_MARK;
        }
        int ahead = head.length + Short.BYTES;
        if (end - at < ahead) {
            return INCOMPLETE;
        }
        int id = idLength(bytes, at);
        if (id > MAX_ID) {
            return NO_MARK;
        }
        return end - at < ahead + id ? INCOMPLETE : ahead + id;
    }

    private int idLength(byte[] bytes, int mark) {
        int at = mark + head.length;
        return ((bytes[at] & 0xff) << Byte.SIZE) | (bytes[at + 1] & 0xff);
    }

    /**
     * The end of the stream: bytes that were held back are text, unless they contain the secret.
     */
    void end() {
        if (held.length > 0 && held.length < head.length) {
            sink.onText(held, 0, held.length);
        }
        held = new byte[0];
    }
}
