package io.parallite.wire;

import java.io.ByteArrayOutputStream;

/** A byte sink that leaves room for the length prefix and fills it in at the end. */
final class Frames {

    private Frames() {}

    /** An output whose first four bytes are reserved. */
    static ByteArrayOutputStream begin(int expected) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(expected);
        out.write(new byte[FrameReader.HEADER], 0, FrameReader.HEADER);
        return out;
    }

    /** The frame in {@code out}, its length written into the reserved bytes. */
    static byte[] finish(ByteArrayOutputStream out) {
        return putLength(out.toByteArray());
    }

    /** Writes into the first four bytes of {@code frame} how many follow. */
    static byte[] putLength(byte[] frame) {
        int length = frame.length - FrameReader.HEADER;
        frame[0] = (byte) (length >>> 24);
        frame[1] = (byte) (length >>> 16);
        frame[2] = (byte) (length >>> 8);
        frame[3] = (byte) length;
        return frame;
    }
}
