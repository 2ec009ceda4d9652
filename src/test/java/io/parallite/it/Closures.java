package io.parallite.it;

import io.parallite.deploy.Php;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Payloads: PHP code, serialized by a PHP process that lives as long as these tests. */
final class Closures {

    private static final Map<String, String> KNOWN = new ConcurrentHashMap<>();

    /** Starts PHP when the first closure is asked for. */
    private static final class Serializer {
        private static final Closures PHP = new Closures();
    }

    private final BufferedWriter toPhp;
    private final BufferedReader fromPhp;

    private Closures() {
        try {
            Process process =
                    new ProcessBuilder("php", Distribution.resource("closures.php").toString())
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            toPhp = process.outputWriter(StandardCharsets.US_ASCII);
            fromPhp = process.inputReader(StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The payload for a closure, for example {@code fn () => 6 * 7}. */
    static String closure(String code) {
        Php.assumeUsable();
        return KNOWN.computeIfAbsent(code, Serializer.PHP::serialize);
    }

    /** A closure that waits for so long and gives {@code "slept"}. */
    static String sleep(long millis) {
        return closure("function () { usleep(%d); return 'slept'; }".formatted(millis * 1000));
    }

    private synchronized String serialize(String code) {
        byte[] bytes = code.getBytes(StandardCharsets.UTF_8);
        try {
            toPhp.write(Base64.getEncoder().encodeToString(bytes));
            toPhp.newLine();
            toPhp.flush();
            String line = fromPhp.readLine();
            if (line == null) {
                throw new IllegalStateException("PHP does not take this for a closure: " + code);
            }
            return new String(Base64.getDecoder().decode(line), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
