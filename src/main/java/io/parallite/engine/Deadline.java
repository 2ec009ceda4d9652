package io.parallite.engine;

import io.parallite.engine.Engine.Timer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A deadline that is moved far more often than it is met.
 *
 * <p>Arming and disarming only write a field: a timer that is already pending is left to fire,
 * finds out how much is left, and goes back to sleep. A worker that answers forty thousand tasks a
 * second thus costs one timer a minute and not forty thousand.
 *
 * <p>Owned by the engine's thread.
 */
public final class Deadline {

    private static final long NONE = Long.MAX_VALUE;

    private final Engine engine;
    private final Runnable onExpired;
    private long due = NONE;
    private long wakesAt = NONE;
    private @Nullable Timer timer;

    /** A disarmed deadline that runs {@code onExpired} each time it is met. */
    public Deadline(Engine engine, Runnable onExpired) {
        this.engine = engine;
        this.onExpired = onExpired;
    }

    /** Sets the deadline to {@code delay} from now; an earlier setting is forgotten. */
    public void arm(Duration delay) {
        due = engine.nanoTime() + delay.toNanos();
        if (timer == null) {
            sleepUntilDue(delay);
        } else if (wakesAt - due > 0) {
            timer.cancel();
            sleepUntilDue(delay);
        }
    }

    public boolean isArmed() {
        return due != NONE;
    }

    /** How long it is until then; zero when it is disarmed or has passed. */
    public Duration left() {
        return isArmed() ? Duration.ofNanos(Math.max(0, due - engine.nanoTime())) : Duration.ZERO;
    }

    /** Forgets the deadline; its pending timer wakes once for nothing. */
    public void disarm() {
        due = NONE;
    }

    /** Cancels the deadline and its pending timer, when the owner ends. */
    public void close() {
        disarm();
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private void sleepUntilDue(Duration delay) {
        wakesAt = due;
        timer = engine.schedule(delay, this::onWake);
    }

    private void onWake() {
        timer = null;
        if (!isArmed()) {
            return;
        }
        long left = due - engine.nanoTime();
        if (left > 0) {
            sleepUntilDue(Duration.ofNanos(left));
        } else {
            due = NONE;
            onExpired.run();
        }
    }
}
