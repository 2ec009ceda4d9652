<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * A hook threw, which fails the task. The previous exception is what it threw.
 *
 * @internal
 */
final class HookFailed extends \RuntimeException
{
    public function __construct(string $hook, \Throwable $cause)
    {
        parent::__construct("a hook that runs $hook failed: {$cause->getMessage()}", 0, $cause);
    }
}
