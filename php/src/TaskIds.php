<?php

declare(strict_types=1);

namespace B7s\Parallite;

use InvalidArgumentException;

/**
 * Ids of tasks that nobody else gives: a child that was forked does not go on with its parent's.
 *
 * @internal
 */
final class TaskIds
{
    /** Bytes. */
    private const MAX_ID = 255;

    private int $prefixOf = 0;

    private string $prefix = '';

    private int $count = 0;

    /**
     * @param ?string $name what the id is to begin with
     * @throws InvalidArgumentException when the name is empty, or too long for an id
     */
    public function next(?string $name = null): string
    {
        if ($this->prefixOf !== getmypid()) {
            $this->prefixOf = (int) getmypid();
            $this->prefix = bin2hex(random_bytes(8));
        }
        $id = $this->prefix . '-' . ++$this->count;
        if ($name === null) {
            return $id;
        }
        $id = "$name-$id";
        return $name !== '' && strlen($id) <= self::MAX_ID
            ? $id
            : throw new InvalidArgumentException('a name has 1 to ' . (self::MAX_ID - 55) . ' characters');
    }
}
