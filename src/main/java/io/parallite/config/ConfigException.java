package io.parallite.config;

import io.parallite.units.Texts;

/** A configuration that cannot be used: key, value, where it comes from, and what to do. */
public final class ConfigException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** With a message that is made one line, whatever values it repeats. */
    public ConfigException(String message) {
        super(Texts.escape(message));
    }
}
