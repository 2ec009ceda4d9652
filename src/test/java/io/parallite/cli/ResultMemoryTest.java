package io.parallite.cli;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.parallite.config.ConfigException;
import org.junit.jupiter.api.Test;

class ResultMemoryTest {

    private static final long MEGABYTE = 1 << 20;

    @Test
    void takesWhatFitsBesideTheNetwork() {
        assertThatCode(() -> ResultMemory.check(100 * MEGABYTE, 512 * MEGABYTE, 8000 * MEGABYTE))
                .doesNotThrowAnyException();
    }

    @Test
    void refusesMoreThanTheJvmMayTakeOutsideItsHeap() {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(
                        () -> ResultMemory.check(500 * MEGABYTE, 512 * MEGABYTE, 8000 * MEGABYTE))
                .withMessageContainingAll("result_cache_bytes=524288000", "MaxDirectMemorySize");
    }

    @Test
    void refusesMoreThanTheMachineHas() {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(
                        () ->
                                ResultMemory.check(
                                        9000 * MEGABYTE, 10_000 * MEGABYTE, 8000 * MEGABYTE))
                .withMessageContainingAll("memory that there are", "lower it");
    }
}
