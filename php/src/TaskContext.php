<?php

declare(strict_types=1);

namespace B7s\Parallite;

/**
 * What {@see Task} speaks to: the worker that runs the task, or the caller itself where tasks run in-process.
 */
interface TaskContext
{
    /** @param ?float $fraction from 0.0 to 1.0, null when it is not known */
    public function progress(?float $fraction, ?string $message): void;

    public function emit(mixed $value): void;

    public function isCancelled(): bool;
}
