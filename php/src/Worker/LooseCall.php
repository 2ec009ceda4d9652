<?php

// No strict types here: what is called from this file gets its arguments as PHP converts them.

namespace B7s\Parallite\Worker;

use Closure;

/**
 * Calls closures that were written in files without strict types.
 */
final class LooseCall
{
    private function __construct()
    {
    }

    /** @param array<array-key, mixed> $arguments */
    public static function of(Closure $closure, array $arguments): Closure
    {
        return static fn(): mixed => $closure(...$arguments);
    }

    /** @return Closure(mixed...): mixed the same for many calls */
    public static function caller(Closure $closure): Closure
    {
        return static fn(mixed ...$arguments): mixed => $closure(...$arguments);
    }
}
