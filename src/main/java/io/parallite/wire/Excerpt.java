package io.parallite.wire;

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
            return '"' + shown.replaceAll("\\s+", " ").strip() + tail + '"';
        }
        int end = Math.min(to, from + SHOWN / 2);
        String tail = end < bytes.length ? "…" : "";
        return "0x" + HexFormat.of().formatHex(bytes, from, end) + tail;
    }

    private static boolean isText(byte b) {
        return b == '\n' || b == '\r' || b == '\t' || b >= ' ' && b != 0x7f || b < 0;
    }

    /**
     * A text that somebody else chose, for a line of the log: without control characters, and with
     * a visible sign where a line ended.
     */
    public static String oneLine(String text) {
        StringBuilder line = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n') {
                line.append(" | ");
            } else {
                line.append(Character.isISOControl(c) ? ' ' : c);
            }
        }
        return line.toString().strip();
    }

    /** An id that somebody else chose, as the value of a key in a line of the log. */
    public static String oneWord(String id) {
        StringBuilder word = new StringBuilder(id.length());
        for (char c : shorten(id).toCharArray()) {
            word.append(Character.isWhitespace(c) || Character.isISOControl(c) ? '_' : c);
        }
        return word.toString();
    }

    public static String shorten(String text) {
        if (text.length() <= SHOWN) {
            return text;
        }
        boolean splitsPair = Character.isHighSurrogate(text.charAt(SHOWN - 1));
        return text.substring(0, splitsPair ? SHOWN - 1 : SHOWN) + "…";
    }

    private static boolean startsLikeFrame(byte[] bytes) {
        return bytes.length > FrameReader.HEADER
                && FrameReader.length(bytes) == bytes.length - FrameReader.HEADER;
    }
}
