<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * The task never got a worker: too many were waiting, or it waited for too long.
 */
final class QueueFull extends TaskException
{
    protected const ERROR_CODE = 'QUEUE_FULL';
}
