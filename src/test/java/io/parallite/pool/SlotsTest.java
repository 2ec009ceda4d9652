package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.engine.ManualEngine;
import io.parallite.process.WorkerName;
import io.parallite.task.TaskException;
import io.parallite.worker.EndReason;
import io.parallite.worker.Recycling;
import io.parallite.worker.RecyclingMonitor;
import io.parallite.worker.Worker;
import io.parallite.worker.WorkerEnd;
import io.parallite.worker.WorkerOwner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Slots over processes that a test gets ready and lets end by hand. */
class SlotsTest {

    private final ManualEngine engine = new ManualEngine();
    private final FakeTransport transport = new FakeTransport();
    private final Launcher processes = new Launcher();
    private final Slots slots =
            new Slots(
                    engine,
                    () -> new PoolSettings(2, 4, "work", 10, Duration.ofSeconds(30)),
                    processes);

    /** Starts workers, and says what a test has it say. */
    private final class Launcher implements Slots.Processes, WorkerOwner {

        private final List<Worker> launched = new ArrayList<>();
        private final Set<Worker> outdated = new HashSet<>();
        private boolean isFull;
        private int asked;

        @Override
        public Worker launch(WorkerName name) {
            RecyclingMonitor monitor =
                    new RecyclingMonitor(engine, Recycling.NONE, Duration.ZERO, pid -> 0);
            Worker worker = new Worker(name, transport.command(), engine, this, monitor);
            launched.add(worker);
            worker.start(transport);
            return worker;
        }

        @Override
        public boolean isCurrent(Worker worker) {
            return !outdated.contains(worker);
        }

        @Override
        public boolean hasRoom() {
            return !isFull;
        }

        @Override
        public void makeRoom() {
            asked++;
        }

        @Override
        public void onIdle(Worker worker) {}

        @Override
        public boolean hasTakenNext(Worker worker) {
            return false;
        }

        @Override
        public void onRetiring(Worker worker) {}

        @Override
        public void onEnding(Worker worker) {}

        @Override
        public void onStartFailed(Worker worker, TaskException why) {}

        @Override
        public void onRecyclable(Worker worker, EndReason reason) {}

        @Override
        public void onStack(Worker worker, byte[] frame) {}

        @Override
        public long startNanos() {
            return 0;
        }

        @Override
        public void onGone(Worker worker, WorkerEnd end) {}
    }

    @Test
    void fillsEachSlotWithAWorkerOfItsName() {
        fill();

        assertThat(names()).containsExactly("work-1", "work-2");
        assertThat(slots.has(worker(0))).isTrue();
    }

    @Test
    void startsTheNextWorkerOfASlotAfterTheDelay() {
        fill();

        assertThat(slots.vacate(worker(0), EndReason.CRASHED)).isTrue();
        slots.refill(worker(0).name(), Duration.ofSeconds(1), EndReason.CRASHED);
        assertThat(slots.vacant()).isEqualTo(1);
        engine.advance(Duration.ofMillis(999));
        assertThat(names()).hasSize(2);
        engine.advance(Duration.ofMillis(1));

        assertThat(names()).containsExactly("work-1", "work-2", "work-1");
        assertThat(slots.vacant()).isZero();
        assertThat(slots.restarts()).containsEntry("crashed", 1L);
    }

    @Test
    void keepsAWorkerUntilItsSuccessorIsReady() {
        fill();

        slots.prepareSuccessor(worker(0), EndReason.RECYCLED_MEMORY);
        slots.prepareSuccessor(worker(0), EndReason.RECYCLED_MEMORY); // one is enough
        assertThat(names()).containsExactly("work-1", "work-2", "work-1");
        assertThat(slots.hasSuccessor(worker(0))).isTrue();
        assertThat(worker(0).isEnding()).isFalse();
        ready();
        slots.onReady(worker(2));

        assertThat(worker(0).isEnding()).isTrue();
        assertThat(slots.has(worker(0))).isFalse();
        assertThat(slots.has(worker(2))).isTrue();
        assertThat(slots.restarts()).containsEntry("recycled_memory", 1L);
    }

    @Test
    void letsAWorkerRunItsLastTasksBesideItsSuccessorUnlessItsCodeIsOld() {
        fill();
        slots.prepareSuccessor(worker(0), EndReason.RECYCLED_TASKS);
        slots.prepareSuccessor(worker(1), EndReason.RECYCLED_TASKS);
        processes.outdated.add(worker(1));
        ready();

        slots.onReady(worker(2));
        slots.onReady(worker(3));

        assertThat(worker(0).isEnding()).isFalse();
        assertThat(worker(1).isEnding()).isTrue();
    }

    @Test
    void leavesASlotToTheSuccessorWhenItsWorkerEndsBefore() {
        fill();
        slots.prepareSuccessor(worker(0), EndReason.RECYCLED_TTL);

        assertThat(slots.vacate(worker(0), EndReason.CRASHED)).isFalse();

        assertThat(slots.has(worker(2))).isTrue();
        assertThat(slots.restarts()).containsEntry("crashed", 1L);
    }

    @Test
    void keepsTheWorkerWhoseSuccessorDoesNotStart() {
        fill();
        slots.prepareSuccessor(worker(0), EndReason.RECYCLED_TTL);

        assertThat(slots.vacate(worker(2), EndReason.START_FAILED)).isFalse();

        assertThat(slots.has(worker(0))).isTrue();
        assertThat(slots.hasSuccessor(worker(0))).isFalse();
        assertThat(slots.restarts()).containsEntry("start_failed", 0L);
    }

    @Test
    void retiresTheWorkersOfSlotsThatAreRemoved() {
        fill();

        slots.resize(1);

        assertThat(worker(0).isEnding()).isFalse();
        assertThat(worker(1).isEnding()).isTrue();
        assertThat(slots.vacate(worker(1), EndReason.SCALED)).isFalse();
    }

    @Test
    void waitsForRoomBeforeItFillsANewSlot() {
        fill();
        processes.isFull = true;

        slots.resize(3);
        assertThat(names()).hasSize(2);
        assertThat(slots.vacant()).isEqualTo(1);
        assertThat(processes.asked).isEqualTo(1);
        processes.isFull = false;
        engine.advance(Duration.ofMillis(50));

        assertThat(names()).containsExactly("work-1", "work-2", "work-3");
    }

    @Test
    void startsNothingWhenItIsClosed() {
        fill();
        slots.vacate(worker(0), EndReason.CRASHED);
        slots.refill(worker(0).name(), Duration.ofSeconds(1), EndReason.CRASHED);

        slots.close();
        engine.advance(Duration.ofSeconds(60));

        assertThat(names()).hasSize(2);
        assertThat(slots.vacate(worker(1), EndReason.CRASHED)).isFalse();
    }

    private void fill() {
        slots.fillAll();
        ready();
    }

    private void ready() {
        transport.readyAll();
    }

    private Worker worker(int launch) {
        return processes.launched.get(launch);
    }

    private List<String> names() {
        return processes.launched.stream().map(worker -> worker.name().value()).toList();
    }
}
