package io.parallite.cli;

import io.parallite.tracing.OtlpHttp;
import io.parallite.tracing.TracingSettings;
import java.io.IOException;
import java.util.List;

/** The receiver of spans, where there is to be one: it is sent a request without any. */
final class TracingCheck {

    private static final String TOPIC = "traces";
    private static final String VERSION = "doctor";

    private TracingCheck() {}

    /** The findings about the receiver of {@code settings}. */
    static List<Finding> look(TracingSettings settings) {
        try {
            int status =
                    new OtlpHttp(settings.url(), settings.headers(), VERSION).post(new byte[0]);
            return List.of(
                    OtlpHttp.isTaken(status)
                            ? Finding.ok(TOPIC, "spans are taken at " + settings.url())
                            : Finding.warn(
                                    TOPIC,
                                    "%s answers %d to spans".formatted(settings.url(), status),
                                    "correct otel_endpoint or otel_headers: spans are lost until then"));
        } catch (IOException e) {
            return List.of(
                    Finding.warn(
                            TOPIC,
                            "no spans can be sent to %s: %s"
                                    .formatted(settings.url(), e.getMessage()),
                            "start the receiver, or correct otel_endpoint: spans are lost until then"));
        }
    }
}
