<?php

declare(strict_types=1);

namespace B7s\Parallite;

use Closure;

/**
 * What a future is the future of: a task of the daemon's, one that ran in this process, or the work of a
 * handler that was attached to another future.
 *
 * @internal
 */
interface Execution
{
    public function id(): string;

    /** What has come out; null while that is not known. Never waits. */
    public function outcome(): ?Outcome;

    /** @param Closure(): void $listener called when the outcome is known: at once if it is */
    public function whenDone(Closure $listener): void;

    /** @param Closure(): void $listener of {@see whenDone()}, which is no longer to be called */
    public function forget(Closure $listener): void;

    /** Somebody waits for the end: the task does not wait for somebody who reads what it emits. */
    public function expectEnd(): void;

    /** From now on a failure is the caller's business, and is not reported as one that nobody awaited. */
    public function markAwaited(): void;

    /** Reports failures that were not awaited; null when none are reported. */
    public function unhandled(): ?Unhandled;

    /** What the task tells while it runs; from now on at the latest, it is asked to. */
    public function reports(): Reports;

    /** @param float $grace seconds that the task has to end by itself */
    public function cancel(float $grace): bool;

    public function client(): ?Client;
}
