package io.parallite.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The mapping over the defaults, as SmallRye Config reads it. */
class ParalliteConfigTest {

    @Test
    void hasTheDefaultsOfTheGoDaemon() {
        ParalliteConfig config = read(Map.of());

        assertThat(config.fixedWorkers()).isEqualTo(1);
        assertThat(config.prefixName()).isEqualTo("work");
        assertThat(config.timeout()).isEqualTo(Duration.ofSeconds(60));
        assertThat(config.failMode()).isEqualTo("continue");
        assertThat(config.stopsOnFailure()).isFalse();
        assertThat(config.maxPayloadBytes()).isEqualTo(10_485_760);
        assertThat(config.enableBenchmark()).isFalse();
        assertThat(config.listenAddress())
                .isEqualTo(ListenAddress.parse(ListenAddress.byDefault()));
        assertThat(config.workerScript()).isEmpty();
        assertThat(config.phpIncludes()).isEmpty();
    }

    @Test
    void hasDefaultsOfItsOwn() {
        ParalliteConfig config = read(Map.of());

        assertThat(config.maxWorkers()).isEqualTo(32);
        assertThat(config.maxQueue()).isEqualTo(10_000);
        assertThat(config.shutdownGrace()).isEqualTo(Duration.ofSeconds(4));
        assertThat(config.resultCacheBytes()).isEqualTo(64 << 20);
        assertThat(config.httpPort()).isZero();
    }

    @Test
    void zeroPersistentWorkersAreAsManyAsProcessors() {
        int processors = Runtime.getRuntime().availableProcessors();

        assertThat(read(Map.of("fixed_workers", "0")).fixedWorkers()).isEqualTo(processors);
        assertThat(read(Map.of("fixed_workers", "0", "max_workers", "1")).fixedWorkers())
                .isEqualTo(1);
        assertThat(read(Map.of("fixed_workers", "none")).fixedWorkers()).isZero();
    }

    @Test
    void queueTimeoutFollowsTheTimeout() {
        assertThat(read(Map.of("timeout_ms", "5000")).queueTimeout()).hasSeconds(5);
        assertThat(read(Map.of("timeout_ms", "5000", "queue_timeout_ms", "70")).queueTimeout())
                .hasMillis(70);
    }

    @Test
    void maximumGrowsWithThePersistentWorkers() {
        assertThat(read(Map.of("fixed_workers", "100")).maxWorkers()).isEqualTo(100);
        assertThat(read(Map.of("fixed_workers", "8")).maxWorkers()).isEqualTo(32);
        assertThat(read(Map.of("fixed_workers", "8", "max_workers", "9")).maxWorkers())
                .isEqualTo(9);
    }

    @ParameterizedTest
    @CsvSource({"continue, false", "restart, false", "stop_all, true", "stop, true"})
    void failModeSaysWhetherAFailureStops(String value, boolean stops) {
        assertThat(read(Map.of("fail_mode", value)).stopsOnFailure()).isEqualTo(stops);
    }

    @Test
    void readsLists() {
        ParalliteConfig config =
                read(Map.of("php_includes[0]", "a.php", "php_includes[1]", "b, c.php"));

        assertThat(config.phpIncludes())
                .hasValueSatisfying(
                        files -> assertThat(files).containsExactly("a.php", "b, c.php"));
    }

    private static ParalliteConfig read(Map<String, String> values) {
        Map<String, String> properties = new HashMap<>();
        values.forEach((key, value) -> properties.put("parallite." + key, value));
        return new SmallRyeConfigBuilder()
                .withMapping(ParalliteConfig.class)
                .withSources(new DefaultsSource())
                .withSources(new PropertiesConfigSource(properties, "a test", 275))
                .build()
                .getConfigMapping(ParalliteConfig.class);
    }
}
