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
        $this->notice();
        $id = $this->prefix . '-' . ++$this->count;
        if ($name === null) {
            return $id;
        }
        $id = "$name-$id";
        return $name !== '' && strlen($id) <= self::MAX_ID && preg_match('//u', $name) === 1
            ? $id
            : throw new InvalidArgumentException('a name has 1 to ' . (self::MAX_ID - 55) . ' bytes of UTF-8');
    }

    /**
     * Several ids, in fewer system calls.
     *
     * @return list<string>
     */
    public function several(int $count): array
    {
        $this->notice();
        $ids = [];
        for ($i = 0; $i < $count; $i++) {
            $ids[] = $this->prefix . '-' . ++$this->count;
        }
        return $ids;
    }

    /** Notices that this is another process than before. */
    private function notice(): void
    {
        $pid = (int) getmypid();
        if ($this->prefixOf !== $pid) {
            $this->prefixOf = $pid;
            $this->prefix = bin2hex(random_bytes(8));
        }
    }

    /**
     * An id that the program gives.
     *
     * @throws InvalidArgumentException unless it has 1 to 255 bytes, and is valid UTF-8
     */
    public static function check(string $id): string
    {
        $length = strlen($id);
        if ($length === 0 || $length > self::MAX_ID) {
            throw new InvalidArgumentException("the id of a task has $length bytes; it must have 1 to " . self::MAX_ID);
        }
        return preg_match('//u', $id) === 1
            ? $id
            : throw new InvalidArgumentException('the id of a task must be valid UTF-8: 0x' . bin2hex($id));
    }

    /** Whether it was made here, so that nobody else has given it to another task. */
    public function isOurs(string $id): bool
    {
        return $this->prefix !== '' && str_contains($id, "{$this->prefix}-");
    }
}
