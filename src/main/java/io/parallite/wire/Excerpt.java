package io.parallite.wire;

import io.parallite.units.Texts;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Shows the first bytes of something unexpected to a person. */
public final class Excerpt {

    private static final int SHOWN = 60;

    /** A run of text of this length is worth more than the hex of all. */
    private static final int TELLING = 8;

    private Excerpt() {}

    /** The beginning of {@code bytes}: the text they begin with, in quotes, else hex. */
    public static String show(byte[] bytes) {
        int from = startsLikeFrame(bytes) ? FrameReader.HEADER : 0;
        int to = Math.min(bytes.length, from + SHOWN);
        int text = from;
        while (text < to && isText(bytes[text])) {
            text++;
        }
        if (text == to || text - from >= TELLING) {
            String shown = new String(bytes, from, text - from, StandardCharsets.UTF_8);
            String tail = text < bytes.length ? "…" : "";
            return '"' + Texts.printable(shown.replaceAll("\\s+", " ").strip()) + tail + '"';
        }
        int end = Math.min(to, from + SHOWN / 2);
        String tail = end < bytes.length ? "…" : "";
        return "0x" + HexFormat.of().formatHex(bytes, from, end) + tail;
    }

    private static boolean isText(byte b) {
        return b == '\n' || b == '\r' || b == '\t' || (b >= ' ' && b != 0x7f) || b < 0;
    }

    /**
     * A text of a client or task, for a line of the log: all printable, and with a visible sign
     * where a line ended.
     */
    public static String oneLine(String text) {
        String line = text.strip().replace("\r", "").replace('\t', ' ').replace("\n", " | ");
        return Texts.printable(line);
    }

    private static boolean startsLikeFrame(byte[] bytes) {
        return bytes.length > FrameReader.HEADER
                && FrameReader.length(bytes) == bytes.length - FrameReader.HEADER;
    }
}
