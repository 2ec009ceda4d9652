package io.parallite.worker;

import io.parallite.wire.FrameReader;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Shows the first bytes of something unexpected to a person. */
final class Bytes {

    private static final int SHOWN = 60;

    private Bytes() {}

    /** The beginning of {@code bytes}: as text in quotes where it is text, else in hex. */
    static String show(byte[] bytes) {
        int offset = startsLikeFrame(bytes) ? FrameReader.HEADER : 0;
        int length = Math.min(SHOWN, bytes.length - offset);
        String tail = bytes.length - offset > SHOWN ? "…" : "";
        for (int i = offset; i < offset + length; i++) {
            int b = bytes[i] & 0xff;
            if (b < ' ' && b != '\n' && b != '\r' && b != '\t' || b == 0x7f) {
                int shown = Math.min(length, SHOWN / 2);
                return "0x" + HexFormat.of().formatHex(bytes, offset, offset + shown) + tail;
            }
        }
        String text = new String(bytes, offset, length, StandardCharsets.UTF_8);
        return '"' + text.replaceAll("\\s+", " ").strip() + tail + '"';
    }

    static String shorten(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    }

    private static boolean startsLikeFrame(byte[] bytes) {
        return bytes.length > FrameReader.HEADER
                && FrameReader.length(bytes) == bytes.length - FrameReader.HEADER;
    }
}
