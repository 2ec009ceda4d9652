package io.parallite.config;

import java.time.Duration;
import org.eclipse.microprofile.config.spi.Converter;

/** Turns a number of milliseconds into a {@link Duration}, once, at the border. */
public final class Millis implements Converter<Duration> {

    private static final long serialVersionUID = 1L;

    @Override
    public Duration convert(String value) {
        return Duration.ofMillis(Long.parseLong(value.strip()));
    }
}
