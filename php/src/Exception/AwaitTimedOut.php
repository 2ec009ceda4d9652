<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * await() gave up waiting; the task goes on, and can be awaited again.
 */
final class AwaitTimedOut extends ParalliteException
{
}
