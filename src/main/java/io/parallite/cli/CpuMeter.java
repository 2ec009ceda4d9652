package io.parallite.cli;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * Percent of a processor that each worker takes, out of the processor time that it has taken so
 * far: over the last few looks, because the daemon samples no more often than once a second.
 */
final class CpuMeter {

    private static final int LOOKS = 4;

    private final Map<Long, Deque<Sample>> samples = new HashMap<>();

    private record Sample(long nanos, double cpuMillis) {}

    /** Adds the daemon's figures of a moment. */
    void note(List<DaemonStats.Worker> workers, long nanos) {
        samples.keySet()
                .retainAll(
                        workers.stream().map(DaemonStats.Worker::pid).collect(Collectors.toSet()));
        for (DaemonStats.Worker worker : workers) {
            OptionalDouble cpu = worker.cpu();
            if (cpu.isPresent()) {
                Deque<Sample> seen =
                        samples.computeIfAbsent(worker.pid(), pid -> new ArrayDeque<>());
                seen.addLast(new Sample(nanos, cpu.getAsDouble()));
                if (seen.size() > LOOKS) {
                    seen.removeFirst();
                }
            }
        }
    }

    /** The percentage; that since the worker's start when there was one look only. */
    OptionalDouble percent(DaemonStats.Worker worker) {
        Deque<Sample> seen = samples.get(worker.pid());
        if (seen != null && seen.size() > 1) {
            Sample first = seen.getFirst();
            Sample last = seen.getLast();
            return share(
                    last.cpuMillis() - first.cpuMillis(),
                    Duration.ofNanos(last.nanos() - first.nanos()).toMillis());
        }
        return worker.cpu().isPresent()
                ? share(worker.cpu().getAsDouble(), worker.node().at("age_ms").whole())
                : OptionalDouble.empty();
    }

    private static OptionalDouble share(double cpuMillis, long millis) {
        return millis > 0 ? OptionalDouble.of(100 * cpuMillis / millis) : OptionalDouble.empty();
    }
}
