<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * Somebody cancelled the task.
 */
final class TaskCancelled extends TaskException
{
}
