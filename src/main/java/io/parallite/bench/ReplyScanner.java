package io.parallite.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/**
 * Finds in a reply's bytes the few fields a load generator needs: {@code task_id}, {@code ok},
 * {@code error} and {@code error_code}.
 *
 * <p>It copies nothing, remembers where values lie, and stops as soon as it has seen {@code ok:
 * true} and the id, which the daemon puts first: a result of megabytes costs nothing. A scanner is
 * reused for every reply; what it found is valid until the next scan.
 */
abstract sealed class ReplyScanner permits JsonReplyScanner, MessagePackReplyScanner {

    private static final byte[] TASK_ID = "task_id".getBytes(US_ASCII);
    private static final byte[] ERROR = "error".getBytes(US_ASCII);
    private static final byte[] ERROR_CODE = "error_code".getBytes(US_ASCII);

    /** What a key of the reply's map means to us. */
    enum Field {
        TASK_ID,
        OK,
        ERROR,
        ERROR_CODE,
        OTHER
    }

    byte[] bytes = new byte[0];
    int to;

    private boolean ok;
    private boolean sawOk;
    private int idFrom;
    private int idTo;
    private int errorFrom;
    private int errorTo;
    private int codeFrom;
    private int codeTo;

    /**
     * Scans one reply's body.
     *
     * @return false if it is not a map with a boolean {@code ok}
     */
    final boolean scan(byte[] reply, int from, int end) {
        bytes = reply;
        to = end;
        ok = false;
        sawOk = false;
        idFrom = -1;
        errorFrom = -1;
        codeFrom = -1;
        return scanMap(from) && sawOk;
    }

    final boolean ok() {
        return ok;
    }

    /** Where the task id's characters begin, or -1 if the reply has none. */
    final int idFrom() {
        return idFrom;
    }

    final int idTo() {
        return idTo;
    }

    final String errorCode() {
        return codeFrom < 0 ? "UNKNOWN" : text(codeFrom, codeTo);
    }

    final String error() {
        return errorFrom < 0 ? "(no message)" : text(errorFrom, errorTo);
    }

    /** Walks the map that begins at the offset; false if it is malformed. */
    abstract boolean scanMap(int from);

    /** The text of a string's raw content. */
    abstract String text(int from, int end);

    final Field field(int from, int end) {
        return switch (end - from) {
            case 2 -> bytes[from] == 'o' && bytes[from + 1] == 'k' ? Field.OK : Field.OTHER;
            case 5 -> is(ERROR, from, end) ? Field.ERROR : Field.OTHER;
            case 7 -> is(TASK_ID, from, end) ? Field.TASK_ID : Field.OTHER;
            case 10 -> is(ERROR_CODE, from, end) ? Field.ERROR_CODE : Field.OTHER;
            default -> Field.OTHER;
        };
    }

    final void foundOk(boolean value) {
        ok = value;
        sawOk = true;
    }

    final void foundString(Field field, int from, int end) {
        if (field == Field.TASK_ID) {
            idFrom = from;
            idTo = end;
        } else if (field == Field.ERROR) {
            errorFrom = from;
            errorTo = end;
        } else if (field == Field.ERROR_CODE) {
            codeFrom = from;
            codeTo = end;
        }
    }

    /** True when nothing that may still come matters. */
    final boolean complete() {
        return ok && idFrom >= 0;
    }

    /** The byte at an offset, or 0, which no encoding accepts there, behind the end. */
    final int at(int offset) {
        return offset < to ? bytes[offset] : 0;
    }

    private boolean is(byte[] name, int from, int end) {
        return Arrays.equals(bytes, from, end, name, 0, name.length);
    }
}
