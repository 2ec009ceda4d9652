package io.parallite.config;

import java.util.Locale;

/**
 * Where the value of a setting comes from.
 *
 * @param name the flag, the variable or the file; empty for a default
 */
public record Origin(Kind kind, String name) {

    /** The sources, weakest first. */
    public enum Kind {
        DEFAULT,
        FILE,
        ENVIRONMENT,
        FLAG;

        /** The word for people and programs, for example {@code environment}. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static final Origin DEFAULT = new Origin(Kind.DEFAULT, "");

    static Origin file(String path) {
        return new Origin(Kind.FILE, path);
    }

    static Origin environment(String variable) {
        return new Origin(Kind.ENVIRONMENT, variable);
    }

    static Origin flag(String flag) {
        return new Origin(Kind.FLAG, flag);
    }

    /** How messages name it. */
    String described() {
        return switch (kind) {
            case DEFAULT -> "default";
            case FILE -> name;
            case ENVIRONMENT -> "environment variable " + name;
            case FLAG -> "flag " + name;
        };
    }
}
