package io.parallite.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SettingTest {

    @Test
    void hasANameForEveryPlaceItMayComeFrom() {
        assertThat(Setting.FIXED_WORKERS.key()).isEqualTo("fixed_workers");
        assertThat(Setting.FIXED_WORKERS.property()).isEqualTo("parallite.fixed_workers");
        assertThat(Setting.FIXED_WORKERS.variable()).isEqualTo("PARALLITE_FIXED_WORKERS");
        assertThat(Setting.FIXED_WORKERS.flag()).isEqualTo("--fixed-workers");
        assertThat(Setting.of("fixed_workers")).contains(Setting.FIXED_WORKERS);
        assertThat(Setting.of("fixed-workers")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Setting.class)
    void everyDefaultPassesItsOwnCheck(Setting setting) {
        setting.byDefault()
                .ifPresent(
                        value ->
                                assertThatCode(() -> setting.check(value, "default"))
                                        .doesNotThrowAnyException());
    }

    @ParameterizedTest
    @EnumSource(Setting.class)
    void everySettingExplainsItself(Setting setting) {
        assertThat(setting.explanation()).endsWith(".").hasSizeBetween(10, 100);
    }

    @ParameterizedTest
    @CsvSource({
        "FIXED_WORKERS, 0",
        "FIXED_WORKERS, 1000",
        "MAX_WORKERS, 1",
        "PREFIX_NAME, my.worker_1",
        "TIMEOUT_MS, 1",
        "FAIL_MODE, stop",
        "FAIL_MODE, stop_all",
        "ENABLE_BENCHMARK, true",
        "MAX_PAYLOAD_BYTES, 1073741824",
        "SOCKET, /run/p.sock",
        "SOCKET, '127.0.0.1:9876'",
        "SOCKET, ''",
        "WORKER_TRANSPORT, stdio",
        "WORKER_SCRIPT, ''",
        "HTTP_PORT, 0",
        "RESULT_CACHE_BYTES, 0",
        "GO_OVERRIDES, whatever",
    })
    void takesGoodValues(Setting setting, String value) {
        assertThatCode(() -> setting.check(value, "a test")).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "FIXED_WORKERS, -1, from 0 to 1000",
        "FIXED_WORKERS, four, from 0 to 1000",
        "FIXED_WORKERS, 2.5, from 0 to 1000",
        "FIXED_WORKERS, '', from 0 to 1000",
        "FIXED_WORKERS, 1001, from 0 to 1000",
        "MAX_WORKERS, 0, from 1 to 1000",
        "TIMEOUT_MS, 0, from 1 to 2147483647",
        "TIMEOUT_MS, 99999999999999999999, from 1 to 2147483647",
        "MAX_PAYLOAD_BYTES, 1023, from 1024 to 1073741824",
        "RESULT_CACHE_BYTES, -1, from 0 to 17179869184",
        "RESULT_CACHE_BYTES, 17179869185, from 0 to 17179869184",
        "MAX_INFLIGHT_BYTES, 0, of at least 1048576",
        "HTTP_PORT, 65536, from 0 to 65535",
        "FAIL_MODE, abort, continue or restart or stop_all or stop",
        "FAIL_MODE, CONTINUE, continue or restart or stop_all or stop",
        "FAIL_MODE, ' continue', continue or restart or stop_all or stop",
        "ENABLE_BENCHMARK, yes, true or false",
        "WORKER_TRANSPORT, pipes, auto or socket or stdio",
        "PREFIX_NAME, '', 1 to 64 characters",
        "PREFIX_NAME, my worker, without spaces and slashes",
        "PREFIX_NAME, a/b, without spaces and slashes",
        "SOCKET, '0.0.0.0:80', loopback",
        "PHP_BINARY, '', a program",
    })
    void refusesBadValues(Setting setting, String value, String expected) {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> setting.check(value, "/etc/parallite.json"))
                .withMessageStartingWith(
                        "%s=%s in /etc/parallite.json is not valid: expected "
                                .formatted(setting.key(), value))
                .withMessageContaining(expected);
    }
}
