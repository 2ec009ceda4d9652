package io.parallite.process.resources;

import io.parallite.engine.Engine;
import io.parallite.engine.Threads;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Looks up memory and processor time of processes: when it is asked, at most once a second, and on
 * another thread, because reading {@code /proc} may block. Owned by the engine's thread.
 */
public final class ProcessSampler {

    private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

    private final Engine engine;
    private final Path proc;
    private final Executor executor;
    private final List<UniEmitter<? super Map<Long, ProcessUsage>>> waiting = new ArrayList<>();
    private @Nullable Map<Long, ProcessUsage> last;
    private long sampledAt;

    /** A sampler of this system's processes. */
    public ProcessSampler(Engine engine) {
        this(engine, Path.of("/proc"), action -> Threads.startDaemon("process-sampler", action));
    }

    /** The same for what lies under {@code proc}, looked up by {@code executor}. */
    public ProcessSampler(Engine engine, Path proc, Executor executor) {
        this.engine = engine;
        this.proc = proc;
        this.executor = executor;
    }

    /**
     * What the processes take, and this one, by process id, at most a second old; those that are
     * gone, or have come since, are missing. Completes on the engine's thread and never fails.
     */
    public Uni<Map<Long, ProcessUsage>> sample(Collection<Long> pids) {
        Map<Long, ProcessUsage> known = last;
        if (known != null && engine.nanoTime() - sampledAt < FRESH_NANOS) {
            return Uni.createFrom().item(known);
        }
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            waiting.add(emitter);
                            if (waiting.size() == 1) {
                                List<Long> wanted = List.copyOf(pids);
                                lookUpElsewhere(wanted);
                            }
                        });
    }

    /** Where there can be no thread, at the limit of processes, nothing is known of them. */
    private void lookUpElsewhere(List<Long> pids) {
        try {
            executor.execute(() -> lookUp(pids));
        } catch (OutOfMemoryError e) {
            onSampled(Map.of());
        }
    }

    private void lookUp(List<Long> pids) {
        Map<Long, ProcessUsage> found = new HashMap<>();
        Stream.concat(Stream.of(ProcessHandle.current().pid()), pids.stream())
                .forEach(
                        pid ->
                                ProcessUsage.of(pid, proc)
                                        .ifPresent(usage -> found.put(pid, usage)));
        Map<Long, ProcessUsage> sample = Map.copyOf(found);
        engine.execute(() -> onSampled(sample));
    }

    private void onSampled(Map<Long, ProcessUsage> sample) {
        last = sample;
        sampledAt = engine.nanoTime();
        List<UniEmitter<? super Map<Long, ProcessUsage>>> waiters = List.copyOf(waiting);
        waiting.clear();
        waiters.forEach(emitter -> emitter.complete(sample));
    }
}
