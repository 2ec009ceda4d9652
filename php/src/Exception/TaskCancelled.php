<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * The task was cancelled.
 */
final class TaskCancelled extends TaskException
{
    protected const ERROR_CODE = 'CANCELLED';
}
