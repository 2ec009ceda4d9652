<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * `Task::receive()` has no value to give: none came in time, the task is asked to stop, or nobody can send one.
 */
final class NothingReceived extends ParalliteException
{
}
