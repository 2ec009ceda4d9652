<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel\Events;

/**
 * Dispatched in the worker before a task of the Concurrency facade runs.
 */
final class TaskStarting
{
    /** @param ?string $name the task's key and the place of the call, such as "users@ReportController.php:12" */
    public function __construct(public readonly ?string $name)
    {
    }
}
