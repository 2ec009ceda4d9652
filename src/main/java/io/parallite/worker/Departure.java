package io.parallite.worker;

import io.parallite.process.WorkerExit;
import org.jspecify.annotations.Nullable;

/**
 * Why a worker leaves, as far as it is known: told to, worn out, or by a fault of its own. The
 * first reason stays, except that a fault outdoes all. Owned by the engine's thread.
 */
public final class Departure {

    private @Nullable EndReason reason;
    private @Nullable String fault;
    private boolean ordered;

    /** Whether it takes no further task. */
    boolean isDue() {
        return reason != null;
    }

    /** It leaves for {@code why}, unless it leaves already. */
    void plan(EndReason why) {
        if (reason == null) {
            reason = why;
        }
    }

    /** It is made to leave for {@code why}, whatever was planned. */
    void force(EndReason why) {
        reason = why;
    }

    /** It has sent what is no reply to its task. */
    void blame(String description) {
        fault = description;
    }

    /** Its process is being ended by us. */
    void order() {
        ordered = true;
    }

    /** Whether it has sent what is no reply to its task. */
    public boolean isFaulty() {
        return fault != null;
    }

    /** Why it has ended. */
    public EndReason reason(WorkerExit ending, long served) {
        if (fault != null) {
            return EndReason.PROTOCOL;
        }
        if (reason != null) {
            return reason;
        }
        return served > 0 && ending.exitStatus() == 0 ? EndReason.EXITED : EndReason.CRASHED;
    }

    /** What it has done wrong, {@code null} when its end was ordered. */
    public @Nullable String ownFault(WorkerExit ending) {
        if (fault != null) {
            return fault;
        }
        return ordered ? null : ending.describe();
    }

    /** Whether a signal that we did not send has ended it. */
    public boolean wasKilledFromOutside(WorkerExit ending) {
        return !ordered && ending.wasSignalled();
    }
}
