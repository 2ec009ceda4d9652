package io.parallite.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What tasks wait at until the test opens it, so that they run for as long as the test needs them
 * to, however slow the machine is.
 */
final class Gate {

    private static final AtomicInteger GATES = new AtomicInteger();

    private final Path file;

    private Gate(Path file) {
        this.file = file;
    }

    /** A closed one: a file in {@code directory} that is not there yet. */
    static Gate in(Path directory) {
        return new Gate(directory.resolve("gate-" + GATES.incrementAndGet()));
    }

    /** A closed one in the directory of a daemon. */
    static Gate of(DaemonProcess daemon) {
        return in(daemon.directory());
    }

    /** PHP that waits until it is open. */
    String await() {
        return "while (!file_exists('%s')) { usleep(5000); clearstatcache(); }".formatted(file);
    }

    /** A task that waits until it is open and gives {@code "passed"}. */
    String task() {
        return Closures.closure("function () { %s return 'passed'; }".formatted(await()));
    }

    /** Lets all tasks pass that wait, and those that come. */
    void open() {
        try {
            Files.createFile(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
