package io.parallite;

import io.parallite.engine.Engine;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reports the state of the daemon to the service manager that started it (systemd, {@code
 * Type=notify}), by the protocol of sd_notify(3). Does nothing where {@code NOTIFY_SOCKET} is not
 * set.
 *
 * <p>Any thread. A message that cannot be sent is logged once and changes nothing else.
 */
final class ServiceNotifier {

    private static final Logger LOG = Logger.getLogger(ServiceNotifier.class);

    /** For what follows the grace period: replies are flushed, files removed. */
    private static final Duration AFTER_GRACE = Duration.ofSeconds(10);

    private final @Nullable NotifySocket socket;
    private final @Nullable Duration watchdog;
    private volatile boolean failed;

    private ServiceNotifier(@Nullable NotifySocket socket, @Nullable Duration watchdog) {
        this.socket = socket;
        this.watchdog = watchdog;
    }

    /** The notifier that {@code environment}, of the process {@code pid}, asks for. */
    static ServiceNotifier from(Map<String, String> environment, long pid) {
        String name = environment.getOrDefault("NOTIFY_SOCKET", "");
        if (name.isEmpty()) {
            return new ServiceNotifier(null, null);
        }
        try {
            return new ServiceNotifier(NotifySocket.at(name), watchdog(environment, pid));
        } catch (IOException e) {
            LOG.warnf(
                    "the service manager is not notified, NOTIFY_SOCKET=%s: %s",
                    name, e.getMessage());
            return new ServiceNotifier(null, null);
        }
    }

    /** How often a sign of life is wanted at least; null when none is, or of another process. */
    private static @Nullable Duration watchdog(Map<String, String> environment, long pid) {
        String wanted = environment.getOrDefault("WATCHDOG_PID", Long.toString(pid));
        try {
            long micros = Long.parseLong(environment.getOrDefault("WATCHDOG_USEC", "0"));
            return micros > 0 && wanted.equals(Long.toString(pid))
                    ? Duration.of(micros, ChronoUnit.MICROS)
                    : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /**
     * The daemon serves.
     *
     * @param status one line for {@code systemctl status}
     */
    void ready(String status) {
        report(readiness(status));
    }

    /** As {@link #ready}, after {@link #reloading}; does not wait, being on the engine's thread. */
    void readyAgain(String status) {
        send(readiness(status), NotifySocket::sendNow);
    }

    private static String readiness(String status) {
        return "READY=1\nSTATUS=" + status;
    }

    /** The workers are being replaced; {@link #readyAgain} follows. */
    void reloading() {
        report(
                "RELOADING=1\nMONOTONIC_USEC=%d\nSTATUS=replacing workers"
                        .formatted(TimeUnit.NANOSECONDS.toMicros(System.nanoTime())));
    }

    /** The daemon stops, which may take as long as {@code grace} allows running tasks. */
    void stopping(Duration grace) {
        long micros = TimeUnit.MILLISECONDS.toMicros(grace.plus(AFTER_GRACE).toMillis());
        report(
                "STOPPING=1\nEXTEND_TIMEOUT_USEC=%d\nSTATUS=lets running tasks finish"
                        .formatted(micros));
    }

    /**
     * Sends a sign of life from the engine's thread, twice as often as is wanted: a daemon whose
     * event loop hangs falls silent and is restarted.
     */
    void watch(Engine engine) {
        if (watchdog != null) {
            Duration pause = watchdog.dividedBy(2);
            engine.execute(() -> beat(engine, pause));
        }
    }

    private void beat(Engine engine, Duration pause) {
        send("WATCHDOG=1", NotifySocket::sendNow);
        engine.schedule(pause, () -> beat(engine, pause));
    }

    private void report(String message) {
        send(message, NotifySocket::send);
    }

    private void send(String message, Sending sending) {
        if (socket == null) {
            return;
        }
        try {
            sending.send(socket, message);
        } catch (IOException | RuntimeException | LinkageError e) {
            // the C library can't be called: no reason to stop
            if (!failed) {
                failed = true;
                String what = message.lines().findFirst().orElse("");
                LOG.warnf("the service manager cannot be notified of %s: %s", what, e.getMessage());
            }
        }
    }

    private interface Sending {
        void send(NotifySocket socket, String message) throws IOException;
    }
}
