package io.parallite.worker;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * What a worker writes to stderr: logged line by line, and its end kept for error messages.
 *
 * <p>A thread of its own reads it, since a full pipe would stop the worker. A worker that shouts is
 * logged up to {@link #LINES_PER_SECOND}; the rest is counted.
 */
final class LastWords {

    private static final Logger LOG = Logger.getLogger("io.parallite.worker.stderr");

    private static final int LINES_PER_SECOND = 50;
    private static final int KEPT_LINES = 6;
    private static final int KEPT_CHARACTERS = 500;
    private static final int MAX_LINE = 4096;

    private final WorkerName worker;
    private final ArrayDeque<String> lines = new ArrayDeque<>();
    private final CountDownLatch finished = new CountDownLatch(1);
    private long second;
    private int inSecond;
    private long suppressed;

    LastWords(WorkerName worker, InputStream stderr) {
        this.worker = worker;
        Threads.startDaemon("stderr-" + worker, () -> read(stderr));
    }

    /** The end of what was written, on one line; waits a moment for the pipe to run dry. */
    String text() {
        try {
            boolean ignored = finished.await(100, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (lines) {
            String text = String.join(" ", lines);
            return text.length() <= KEPT_CHARACTERS
                    ? text
                    : text.substring(0, KEPT_CHARACTERS) + "…";
        }
    }

    private void read(InputStream stderr) {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(stderr, StandardCharsets.UTF_8), 1024)) {
            StringBuilder line = new StringBuilder();
            for (int c = reader.read(); c >= 0; c = reader.read()) {
                if (c != '\n' && line.length() < MAX_LINE) {
                    line.append((char) c);
                } else {
                    keep(line.toString().strip());
                    line.setLength(0);
                }
            }
            keep(line.toString().strip());
        } catch (IOException e) {
            LOG.debugf("stderr is closed worker=%s: %s", worker, e.getMessage());
        } finally {
            finished.countDown();
        }
    }

    private void keep(String line) {
        if (line.isEmpty()) {
            return;
        }
        synchronized (lines) {
            lines.addLast(line);
            if (lines.size() > KEPT_LINES) {
                lines.removeFirst();
            }
        }
        log(line);
    }

    private void log(String line) {
        long now = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime());
        if (now != second) {
            if (suppressed > 0) {
                LOG.warnf("%d more lines were not logged worker=%s", suppressed, worker);
            }
            second = now;
            inSecond = 0;
            suppressed = 0;
        }
        if (inSecond++ < LINES_PER_SECOND) {
            LOG.infof("%s worker=%s", line, worker);
        } else {
            suppressed++;
        }
    }
}
