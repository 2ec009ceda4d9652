package io.parallite.wire;

import java.util.zip.CRC32C;

/**
 * Length and checksum of a task's content, to tell a repeated submit from another task. The same
 * text gives the same fingerprint in either encoding.
 */
final class Fingerprint {

    private final CRC32C checksum = new CRC32C();
    private int length;

    void add(byte[] bytes, int from, int to) {
        checksum.update(bytes, from, to - from);
        length += to - from;
    }

    long value() {
        return (long) length << Integer.SIZE | checksum.getValue();
    }
}
