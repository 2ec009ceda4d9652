package io.parallite.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.parallite.config.ConfigException;
import io.parallite.config.OtelEndpoint;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TracingSettingsTest {

    @Test
    void headersAreDecoded() {
        assertThat(TracingSettings.headers("authorization=Bearer%20a+b%3D%3D, x-key =k=v"))
                .isEqualTo(Map.of("authorization", "Bearer a+b==", "x-key", "k=v"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a=%", "a=%zz", "a=b%0d%0aInjected: c", "a=\u00e4"})
    void headersThatCannotBeSentAreRefusedWithoutRepeatingThem(String text) {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> TracingSettings.headers(text))
                .withMessageStartingWith("otel_headers=***");
    }

    @Test
    void isNotPrintedWithItsHeaders() {
        TracingSettings settings =
                new TracingSettings(
                        URI.create("http://127.0.0.1/v1/traces"),
                        Map.of("authorization", "s3cret"),
                        "shop",
                        1,
                        1024);

        assertThat(settings.toString()).contains("127.0.0.1").doesNotContain("s3cret");
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:4318,http://127.0.0.1:4318/v1/traces",
        "https://host/otlp/,https://host/otlp/v1/traces",
        "HTTP://[::1]:4318/,HTTP://[::1]:4318/v1/traces",
    })
    void spansGoToAPathBelowTheEndpoint(String endpoint, String url) {
        assertThat(OtelEndpoint.parse(endpoint).traces()).hasToString(url);
    }
}
