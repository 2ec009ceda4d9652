package io.parallite.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LineBuffersTest {

    @ParameterizedTest
    @CsvSource({"0, 65536", "255, 65536", "511, 32768", "4095, 4096", "60000, 4096"})
    void givesEachConnectionLessTheMoreThereAre(int connections, int bytes) {
        assertThat(LineBuffers.sizeFor(connections)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 256, 1000, 4096})
    void takesNoMoreThanAFewTimesTheSharedSizeForAll(int connections) {
        long all = 0;
        for (int i = 0; i < connections; i++) {
            all += LineBuffers.sizeFor(i);
        }

        assertThat(all).isLessThan(4 * (16L << 20));
    }
}
