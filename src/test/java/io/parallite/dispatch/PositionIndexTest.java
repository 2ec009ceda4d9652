package io.parallite.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PositionIndexTest {

    private final Map<Long, Integer> hashes = new HashMap<>();
    private final PositionIndex index = new PositionIndex(UnpooledByteBufAllocator.DEFAULT);

    @Test
    void findsPositionsByHashAndMatch() {
        add(10, 1);
        add(20, 1);
        add(30, 2);

        assertThat(index.find(1, position -> position == 20)).isEqualTo(20);
        assertThat(index.find(2, position -> true)).isEqualTo(30);
        assertThat(index.find(2, position -> false)).isEqualTo(PositionIndex.NONE);
        assertThat(index.find(3, position -> true)).isEqualTo(PositionIndex.NONE);
    }

    @Test
    void removingWhatIsNotThereDoesNothing() {
        add(10, 1);

        index.remove(1, 11);

        assertThat(index.size()).isEqualTo(1);
        assertThat(index.find(1, position -> true)).isEqualTo(10);
    }

    @Test
    void holdsTheFirstAndTheLastPosition() {
        add(0, 0);
        add(RecordLog.WINDOW - 1, 0);
        add(1, -1);

        assertFindsAll();
        index.remove(0, 0);
        assertThat(index.find(0, position -> true)).isEqualTo(RecordLog.WINDOW - 1);
        assertThat(index.find(0, position -> position == 0)).isEqualTo(PositionIndex.NONE);
    }

    /** Few different hashes make long runs, whose gaps must close rightly. */
    @ParameterizedTest
    @CsvSource({"1, 8", "2, 300", "3, 2147483647", "4, 1"})
    void behavesLikeASet(long seed, int differentHashes) {
        Random random = new Random(seed);
        long next = 0;
        for (int step = 0; step < 4000; step++) {
            boolean grows = step % 1000 < 600;
            if (hashes.isEmpty() || random.nextInt(10) < (grows ? 7 : 2)) {
                add(next++, random.nextInt(differentHashes));
            } else {
                long any =
                        hashes.keySet().stream()
                                .skip(random.nextInt(Math.min(20, hashes.size())))
                                .findFirst()
                                .orElseThrow();
                index.remove(hashes.remove(any), any);
            }
            assertThat(index.size()).isEqualTo(hashes.size());
            if (step % 50 == 0) {
                assertFindsAll();
            }
        }
        assertFindsAll();
    }

    private void assertFindsAll() {
        hashes.forEach(
                (position, hash) ->
                        assertThat(index.find(hash, found -> found == position))
                                .isEqualTo(position));
    }

    private void add(long position, int hash) {
        hashes.put(position, hash);
        index.add(hash, position);
    }
}
