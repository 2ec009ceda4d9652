<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel\Events;

use Throwable;

/**
 * Dispatched in the worker after a task of the Concurrency facade has run, with success or without.
 */
final class TaskFinished
{
    /**
     * @param ?string $name as {@see TaskStarting::$name}
     * @param float $seconds that it took
     * @param ?Throwable $exception that it threw
     */
    public function __construct(
        public readonly ?string $name,
        public readonly float $seconds,
        public readonly ?Throwable $exception,
    ) {
    }
}
