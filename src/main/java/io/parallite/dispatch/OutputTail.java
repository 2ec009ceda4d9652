package io.parallite.dispatch;

import io.parallite.task.TaskOutput;
import io.parallite.wire.Events;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * The end of what a running task has printed, as far as its worker tells that: the last pieces, of
 * {@value #ENOUGH} bytes and a little more. A piece is read when somebody asks. Owned by the
 * engine's thread.
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

    /** What the pieces say, in their order; what came twice, since somebody new listens, once. */
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
