<?php

declare(strict_types=1);

namespace B7s\Parallite;

/**
 * What is called by many tasks, serialized once where that is possible.
 *
 * @internal
 */
final class PreparedTask
{
    /** What is called, as it travels: a name, a payload, or what has to be serialized together with the arguments. */
    public mixed $callee = null;

    /**
     * @param callable $original as the program gave it
     * @param bool $takesKeys whether a call for an item gets its key, too
     */
    public function __construct(public readonly mixed $original, public readonly bool $takesKeys)
    {
    }
}
