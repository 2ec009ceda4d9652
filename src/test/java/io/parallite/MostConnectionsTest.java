package io.parallite;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MostConnectionsTest {

    @Test
    void asManyAsThereAreDescriptorsFor() {
        assertThat(MostConnections.of(700, 512L << 20)).isEqualTo(700);
    }

    @Test
    void noMoreThanAQuarterOfTheHeapHolds() {
        assertThat(MostConnections.of(Long.MAX_VALUE, 512L << 20)).isEqualTo(10_922);
    }

    @Test
    void aFewInAnyCase() {
        assertThat(MostConnections.of(1, 512L << 20)).isEqualTo(8);
    }
}
