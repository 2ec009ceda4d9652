package io.parallite.config;

/** A configuration that cannot be used: key, value, where it comes from, and what to do. */
public final class ConfigException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public ConfigException(String message) {
        super(message);
    }
}
