package io.parallite.process.resources;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.engine.ManualEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessSamplerTest {

    private final ManualEngine engine = new ManualEngine();
    private final ArrayDeque<Runnable> lookUps = new ArrayDeque<>();
    private final List<Map<Long, ProcessUsage>> told = new ArrayList<>();

    @TempDir private Path proc;
    private ProcessSampler sampler;

    @BeforeEach
    void build() throws IOException {
        Files.createDirectory(proc.resolve("self"));
        sampler = new ProcessSampler(engine, proc, lookUps::add);
    }

    @Test
    void looksUpOnAnotherThread() throws IOException {
        process(7, 100, 5);

        ask();
        assertThat(told).isEmpty();
        lookUps.remove().run();
        assertThat(told).as("told on the engine's thread only").isEmpty();
        engine.runActions();

        assertThat(told).containsExactly(Map.of(7L, new ProcessUsage(102_400, 50)));
    }

    @Test
    void looksUpOnceForAllWhoAskMeanwhile() throws IOException {
        process(7, 1, 1);
        ask();
        ask();

        assertThat(lookUps).hasSize(1);
        lookUps.remove().run();
        engine.runActions();
        assertThat(told).hasSize(2);
    }

    @Test
    void looksUpAtMostOnceSecond() throws IOException {
        process(7, 1, 1);
        ask();
        lookUps.remove().run();
        engine.runActions();

        engine.advance(Duration.ofMillis(999));
        ask();
        assertThat(told).hasSize(2);
        assertThat(lookUps).isEmpty();

        process(7, 2, 1);
        engine.advance(Duration.ofMillis(1));
        ask();
        lookUps.remove().run();
        engine.runActions();
        assertThat(told.getLast().get(7L).memoryBytes()).isEqualTo(2048);
    }

    @Test
    void processThatIsGoneIsMissing() {
        ask();
        lookUps.remove().run();
        engine.runActions();

        assertThat(told).containsExactly(Map.of());
    }

    @Test
    void processThatHasJustEndedTakesNothing() throws IOException {
        process(7, 1, 3);
        Files.writeString(proc.resolve("7/status"), "Name:\tphp\nState:\tZ (zombie)\n");
        ask();
        lookUps.remove().run();
        engine.runActions();

        assertThat(told).containsExactly(Map.of(7L, new ProcessUsage(0, 30)));
    }

    @Test
    void knowsThisProcess() {
        long pid = ProcessHandle.current().pid();

        ProcessUsage usage = ProcessUsage.of(pid, Path.of("/proc")).orElseThrow();

        assertThat(usage.memoryBytes()).isNotZero();
        assertThat(usage.cpuMillis()).isPositive();
    }

    @Test
    void tellsProcessorTimeWhereThereIsNoProc() {
        long pid = ProcessHandle.current().pid();

        ProcessUsage usage = ProcessUsage.of(pid, proc.resolve("none")).orElseThrow();

        assertThat(usage.memoryBytes()).isEqualTo(-1);
        assertThat(usage.cpuMillis()).isPositive();
    }

    private void ask() {
        sampler.sample(List.of(7L)).subscribe().with(told::add);
    }

    private void process(long pid, long kilobytes, long ticks) throws IOException {
        Path process = Files.createDirectories(proc.resolve(Long.toString(pid)));
        Files.writeString(process.resolve("status"), "VmRSS:\t%d kB\n".formatted(kilobytes));
        Files.writeString(
                process.resolve("stat"),
                "%d (php) S 1 1 1 0 -1 4 2 0 0 0 %d 0 0 0 20".formatted(pid, ticks));
    }
}
