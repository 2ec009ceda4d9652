package io.parallite.config;

import java.util.Locale;

/**
 * Where the value of a setting comes from.
 *
 * @param name the flag, the variable or the file; empty for a default and what was scaled
 */
public record Origin(Kind kind, String name) {

    /** The sources, weakest first. */
    public enum Kind {
        DEFAULT,
        FILE,
        ENVIRONMENT,
        FLAG,
        /** What a command has changed in a daemon that runs. */
        SCALED;

        /** Its name in messages and in JSON, for example {@code environment}. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static final Origin DEFAULT = new Origin(Kind.DEFAULT, "");

    /** Another number of workers, since the daemon was started. */
    public static final Origin SCALED = new Origin(Kind.SCALED, "");

    private static final String SCALED_IN_WORDS = "scaled at run time";

    static Origin file(String path) {
        return new Origin(Kind.FILE, path);
    }

    static Origin environment(String variable) {
        return new Origin(Kind.ENVIRONMENT, variable);
    }

    static Origin flag(String flag) {
        return new Origin(Kind.FLAG, flag);
    }

    /** How commands and the page name it: the flag, variable or file, else what it is. */
    public String text() {
        return switch (kind) {
            case DEFAULT -> kind.word();
            case FILE, ENVIRONMENT, FLAG -> name;
            case SCALED -> SCALED_IN_WORDS;
        };
    }

    /** How messages name it. */
    String described() {
        return switch (kind) {
            case DEFAULT -> "default";
            case FILE -> name;
            case ENVIRONMENT -> "environment variable " + name;
            case FLAG -> "flag " + name;
            case SCALED -> SCALED_IN_WORDS;
        };
    }
}
