package io.parallite.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What the values of a setting must be like. */
sealed interface Check {

    /** The expected form, when {@code value} is not acceptable. */
    Optional<String> problemWith(String value);

    /** A whole number within limits. */
    record Whole(long min, long max) implements Check {
        @Override
        public Optional<String> problemWith(String value) {
            try {
                long number = Long.parseLong(value.strip());
                if (number >= min && number <= max) {
                    return Optional.empty();
                }
            } catch (NumberFormatException e) {
                // not a number: reported below
            }
            return Optional.of(
                    max == Long.MAX_VALUE
                            ? "a whole number of at least %d".formatted(min)
                            : "a whole number from %d to %d".formatted(min, max));
        }
    }

    /** A whole number within limits, or a keyword. */
    record WholeOr(Whole number, String word) implements Check {
        @Override
        public Optional<String> problemWith(String value) {
            return value.strip().equals(word)
                    ? Optional.empty()
                    : number.problemWith(value).map(expected -> expected + ", or " + word);
        }
    }

    /** A number from 0 to 1. */
    record Share() implements Check {
        @Override
        public Optional<String> problemWith(String value) {
            return value.matches("0|1|0?\\.[0-9]{1,9}|1\\.0{1,9}")
                    ? Optional.empty()
                    : Optional.of("a number from 0 to 1");
        }
    }

    /** One of a few words. */
    record Choice(List<String> values) implements Check {

        /** Whether the words are {@code true} and {@code false}. */
        boolean isBoolean() {
            return values.contains("true");
        }

        @Override
        public Optional<String> problemWith(String value) {
            return values.contains(value)
                    ? Optional.empty()
                    : Optional.of(String.join(" or ", values));
        }
    }

    /** A text of a form. */
    record Text(String pattern, String description) implements Check {
        @Override
        public Optional<String> problemWith(String value) {
            return value.matches(pattern) ? Optional.empty() : Optional.of(description);
        }
    }

    /**
     * The expected form, when {@code value} cannot be a path on this system: it contains a NUL, or
     * characters that the locale's encoding does not have.
     */
    static Optional<String> problemWithPath(String value) {
        try {
            var _ = Path.of(value);
            return Optional.empty();
        } catch (InvalidPathException e) {
            return Optional.of(
                    "a path that can be written in the encoding of this locale, without NUL");
        }
    }

    /** A file. In a configuration file its path is relative to that; else to the directory. */
    record File() implements Check {
        @Override
        public Optional<String> problemWith(String value) {
            return value.isBlank()
                    ? Optional.of("the path of a file")
                    : Check.problemWithPath(value);
        }
    }

    /** An address to listen on. */
    record Socket() implements Check {
        @Override
        public Optional<String> problemWith(String value) {
            try {
                return ListenAddress.parse(value) instanceof ListenAddress.Tls
                        ? Optional.of("a path or loopback host:port; tls:// goes into listen")
                        : Optional.empty();
            } catch (IllegalArgumentException e) {
                return Optional.of("a path or loopback host:port (" + e.getMessage() + ")");
            }
        }
    }

    /** Where Redis is. */
    record RedisUrl() implements Check {
        @Override
        public Optional<String> problemWith(String value) {
            try {
                RedisAddress.parse(value);
                return Optional.empty();
            } catch (IllegalArgumentException e) {
                return Optional.of(
                        "rediss://host:port, redis://host:port on loopback, or unix://path (%s)"
                                .formatted(e.getMessage()));
            }
        }
    }

    /** Where an OTLP receiver is. */
    record OtelUrl() implements Check {
        @Override
        public Optional<String> problemWith(String value) {
            try {
                OtelEndpoint.parse(value);
                return Optional.empty();
            } catch (IllegalArgumentException e) {
                return Optional.of("http(s)://host:port (%s)".formatted(e.getMessage()));
            }
        }
    }

    /** A list of texts; each element is checked to be one where it is read. */
    record TextList() implements Check {
        @Override
        public Optional<String> problemWith(String value) {
            return Optional.empty();
        }
    }

    /** Pools by name; {@link NamedPools} checks them. */
    record Pools() implements Check {
        @Override
        public Optional<String> problemWith(String value) {
            return Optional.empty();
        }
    }

    /** Whatever there is. */
    record Anything() implements Check {
        @Override
        public Optional<String> problemWith(String value) {
            return Optional.empty();
        }
    }
}
