package io.parallite.server;

/**
 * Counts the frames that clients have sent and got since the start, and their bytes with the length
 * prefix. Owned by the engine's thread.
 */
public final class Traffic {

    private long framesIn;
    private long bytesIn;
    private long framesOut;
    private long bytesOut;

    /**
     * The counts as of one moment; any thread may read them.
     *
     * @param framesIn frames from clients
     * @param framesOut frames to clients, as far as they were handed to the network's queue
     */
    public record Totals(long framesIn, long bytesIn, long framesOut, long bytesOut) {}

    void received(byte[] frame) {
        framesIn++;
        bytesIn += frame.length;
    }

    void sent(byte[] frame, int times) {
        framesOut += times;
        bytesOut += (long) frame.length * times;
    }

    Totals totals() {
        return new Totals(framesIn, bytesIn, framesOut, bytesOut);
    }
}
