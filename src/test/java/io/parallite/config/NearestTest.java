package io.parallite.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestTest {

    @ParameterizedTest
    @CsvSource({
        "fixed_worker, fixed_workers",
        "fixedworkers, fixed_workers",
        "timeout, timeout_ms",
        "timeuot_ms, timeout_ms",
        "fail-mode, fail_mode",
        "max_payload_byte, max_payload_bytes",
        "php_include, php_includes",
        "sockets, socket",
        "queue_timeout, queue_timeout_ms",
    })
    void findsWhatWasMeant(String unknown, String meant) {
        assertThat(Setting.nearest(unknown)).contains(meant);
    }

    @Test
    void guessesNothingForWhatLooksLikeNothing() {
        assertThat(Setting.nearest("x")).isEmpty();
        assertThat(Setting.nearest("colour")).isEmpty();
        assertThat(Setting.nearest("something_else_entirely")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"kitten, sitting, 3", "'', abc, 3", "abc, abc, 0", "ab, ba, 2", "a, '', 1"})
    void countsEdits(String a, String b, int distance) {
        assertThat(Nearest.distance(a, b)).isEqualTo(distance);
        assertThat(Nearest.distance(b, a)).isEqualTo(distance);
    }
}
