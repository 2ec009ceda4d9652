<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * A task that fails by a fault of its request or of its result, not by an exception of its own code.
 */
final class TaskRefused extends \RuntimeException
{
    public function __construct(
        public readonly string $errorCode,
        string $message,
        ?\Throwable $previous = null,
    ) {
        parent::__construct($message, 0, $previous);
    }
}
