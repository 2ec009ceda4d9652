<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * The task ran for longer than its timeout; its worker was killed.
 */
final class TaskTimedOut extends TaskException
{
    protected const ERROR_CODE = 'TIMEOUT';
}
