package io.parallite.worker;

/**
 * A worker's name, told to it in {@code WORKER_NAME}, and how long it is meant to live.
 *
 * @param persistent whether it stays for any number of tasks; an on-demand worker ends after one
 */
public record WorkerName(String value, boolean persistent) {

    static WorkerName persistent(String prefix, int number) {
        return new WorkerName(prefix + "-" + number, true);
    }

    static WorkerName onDemand(String prefix, long timestamp) {
        return new WorkerName(prefix + "-temp-" + timestamp, false);
    }

    @Override
    public String toString() {
        return value;
    }
}
