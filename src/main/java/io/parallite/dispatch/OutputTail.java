package io.parallite.dispatch;

import io.parallite.task.TaskOutput;
import io.parallite.wire.Events;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * The end of the output of a running task, as far as its worker reports it: the last pieces, of
 * {@value #ENOUGH} bytes and a little more. Pieces are decoded on demand. Owned by the engine's
 * thread.
 */
final class OutputTail {

    private static final int ENOUGH = 16 * 1024;

    private final ArrayDeque<byte[]> pieces = new ArrayDeque<>();
    private int bytes;

    /** Takes note of an {@code output} event. */
    void add(byte[] frame) {
        pieces.addLast(frame);
        bytes += frame.length;
        while (bytes - pieces.getFirst().length >= ENOUGH) {
            bytes -= pieces.removeFirst().length;
        }
    }

    /** The text of the pieces in order; pieces that were repeated for a new follower count once. */
    String text() {
        StringBuilder text = new StringBuilder();
        Map<String, Long> ends = new HashMap<>();
        for (byte[] frame : pieces) {
            TaskOutput piece = Events.output(frame);
            if (piece.offset() >= ends.getOrDefault(piece.stream(), 0L)) {
                ends.put(piece.stream(), piece.end());
                text.append(Events.outputText(frame));
            }
        }
        return text.toString();
    }
}
