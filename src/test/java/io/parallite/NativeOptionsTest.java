package io.parallite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.parallite.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NativeOptionsTest {

    @ParameterizedTest
    @CsvSource({"-Xmx1048576,1048576", "-Xmx64k,65536", "-Xmx512m,536870912", "-Xmx2G,2147483648"})
    void theHeapHasASize(String option, long bytes) {
        assertThat(NativeOptions.parse(option).maxHeap()).hasValue(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-Xmx", "-Xmx12q", "-Xmx-1", "-Xmx1.5g"})
    void aHeapOfNoSizeIsRefused(String option) {
        assertThatThrownBy(() -> NativeOptions.parse(option))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(option)
                .hasMessageContaining("PARALLITE_JAVA_OPTS")
                .hasMessageContaining("-Xmx512m");
    }

    @Test
    void propertiesAreTakenAndTheRestIsNamed() {
        NativeOptions options =
                NativeOptions.parse(
                        "  -Dparallite.prefetch=false -Dflag\t-XX:+UseG1GC -Xmx1m -Xmx2m ");

        assertThat(options.properties())
                .containsOnlyKeys("parallite.prefetch", "flag")
                .containsEntry("parallite.prefetch", "false")
                .containsEntry("flag", "");
        assertThat(options.ignored()).containsExactly("-XX:+UseG1GC");
        assertThat(options.maxHeap()).hasValue(2 << 20);
    }

    @Test
    void nothingIsSaid() {
        NativeOptions options = NativeOptions.parse("");

        assertThat(options.maxHeap()).isEmpty();
        assertThat(options.properties()).isEmpty();
        assertThat(options.ignored()).isEmpty();
    }
}
