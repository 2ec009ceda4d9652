<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * The worker ended with the task: a crash, a fatal error, exit(), no memory left, or a daemon that stopped (ABORTED).
 * The task may have had effects.
 */
final class WorkerCrashed extends TaskException
{
    protected const ERROR_CODE = 'WORKER_CRASHED';
}
