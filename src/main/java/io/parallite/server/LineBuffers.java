package io.parallite.server;

/**
 * How large the buffers of a connection are: the more connections there are, the smaller, so that
 * they all take some {@value #SHARED} bytes a direction, and no more than a few times that.
 */
final class LineBuffers {

    private static final int SHARED = 16 << 20;
    private static final int LARGEST = 64 * 1024;
    private static final int SMALLEST = 4 * 1024;

    private LineBuffers() {}

    /** Bytes for the next connection when there are so many. */
    static int sizeFor(int connections) {
        return Math.clamp(SHARED / (connections + 1L), SMALLEST, LARGEST);
    }
}
