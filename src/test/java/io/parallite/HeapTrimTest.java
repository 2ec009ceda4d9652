package io.parallite;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.engine.ManualEngine;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HeapTrimTest {

    private final ManualEngine engine = new ManualEngine();
    private final Heap heap = new Heap();
    private long tasks;
    private boolean working;

    private static final class Heap implements HeapTrim.Heap {

        private long committed = HeapTrim.WORTH_IT;
        private int collections;

        @Override
        public long committed() {
            return committed;
        }

        @Override
        public void collect() {
            collections++;
        }
    }

    @BeforeEach
    void watch() {
        new HeapTrim(engine, heap, () -> tasks, () -> working).watch();
    }

    private void steps(int count) {
        for (int i = 0; i < count; i++) {
            engine.advance(HeapTrim.STEP);
        }
    }

    @Test
    void collectsOnceAfterWorkHasEnded() {
        tasks = 5;
        working = true;
        steps(10);
        assertThat(heap.collections).isZero();

        working = false;
        steps(1);
        assertThat(heap.collections).isEqualTo(1);
        steps(100);
        assertThat(heap.collections).isEqualTo(1);
    }

    @Test
    void waitsForAStepWithoutATask() {
        for (int i = 0; i < 10; i++) {
            tasks++;
            steps(1);
        }
        assertThat(heap.collections).isZero();

        steps(1);
        assertThat(heap.collections).isEqualTo(1);
    }

    @Test
    void collectsAgainAfterMoreWork() {
        steps(2);
        assertThat(heap.collections).isEqualTo(1);

        tasks++;
        steps(2);
        assertThat(heap.collections).isEqualTo(2);
    }

    @Test
    void leavesASmallHeapAlone() {
        heap.committed = HeapTrim.WORTH_IT - 1;
        steps(10);

        assertThat(heap.collections).isZero();
    }
}
