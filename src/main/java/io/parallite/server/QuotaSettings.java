package io.parallite.server;

/**
 * What each client may have at most; 0 sets no bound.
 *
 * @param tasks tasks in flight
 * @param perSecond submits a second, as many of them at once
 * @param bytes bytes of the frames of its tasks in flight
 */
public record QuotaSettings(int tasks, int perSecond, long bytes) {

    /** No bounds. */
    public static final QuotaSettings OFF = new QuotaSettings(0, 0, 0);

    boolean isOff() {
        return equals(OFF);
    }
}
