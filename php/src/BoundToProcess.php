<?php

declare(strict_types=1);

namespace B7s\Parallite;

use Error;
use LogicException;

/**
 * What can neither be copied nor sent to another process: it has a connection, which belongs to this one.
 *
 * @internal
 */
trait BoundToProcess
{
    /** What to do instead. */
    private static function advice(): string
    {
        return 'it uses a connection of this process; make a client inside the task';
    }

    /** @throws Error always, as PHP does for its own */
    public function __clone()
    {
        throw new Error('Trying to clone an uncloneable object of class ' . self::class . ': ' . self::advice());
    }

    /**
     * @return never
     * @throws LogicException always
     */
    public function __serialize(): array
    {
        throw new LogicException('Serialization of \'' . self::class . '\' is not allowed: ' . self::advice());
    }

    /**
     * @param array<array-key, mixed> $data
     * @throws LogicException always
     */
    public function __unserialize(array $data): void
    {
        throw new LogicException('Unserialization of \'' . self::class . '\' is not allowed: ' . self::advice());
    }
}
