package io.parallite.dispatch;

/**
 * The dispatcher's counters as of one moment; any thread may read it.
 *
 * @param failed without those that were cancelled
 * @param inFlight tasks that wait or run
 * @param retained results in the cache
 * @param retainedBytes what they are charged
 * @param draining whether new tasks are refused on request
 */
public record DispatchSnapshot(
        long submitted,
        long completed,
        long failed,
        long cancelled,
        int inFlight,
        long retained,
        long retainedBytes,
        boolean draining) {}
