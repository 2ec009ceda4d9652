<?php

declare(strict_types=1);

namespace B7s\Parallite;

/**
 * What is called by many tasks, serialized once.
 *
 * @internal
 */
final class PreparedTask
{
    /** The payload of a task without arguments, once it has been needed. */
    public ?string $callee = null;

    /**
     * @param callable $original as the program gave it
     * @param bool $takesKeys whether a call for an item gets its key, too
     */
    public function __construct(public readonly mixed $original, public readonly bool $takesKeys)
    {
    }
}
