package io.parallite.pool;

import java.time.Duration;

/** What came of a reload. */
public sealed interface ReloadOutcome {

    /**
     * Every task from now on runs on a worker that was started after the reload had begun.
     *
     * @param replaced how many persistent workers were replaced
     */
    record Done(int replaced, Duration took) implements ReloadOutcome {}

    /**
     * The workers that are there stay.
     *
     * @param explanation what went wrong, with the last words of the worker that was tried
     */
    record Failed(String explanation) implements ReloadOutcome {}
}
