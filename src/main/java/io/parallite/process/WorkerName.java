package io.parallite.process;

/**
 * A worker's name, which it gets in {@code WORKER_NAME}, and how long it is meant to live.
 *
 * @param persistent whether it fills a place of its own; an on-demand worker is there for a peak
 * @param reusable whether it takes a task after the first; with {@code isolation=task} it does not
 */
public record WorkerName(String value, boolean persistent, boolean reusable) {

    public static WorkerName persistent(String prefix, int number) {
        return new WorkerName(prefix + "-" + number, true, true);
    }

    public static WorkerName onDemand(String prefix, long timestamp, boolean reusable) {
        return new WorkerName(prefix + "-temp-" + timestamp, false, reusable);
    }

    @Override
    public String toString() {
        return value;
    }
}
