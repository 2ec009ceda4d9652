<?php

declare(strict_types=1);

namespace B7s\Parallite;

use Closure;
use LogicException;

/**
 * Items of a map that one task works at, and those that wait for it to end: what did not fit into it, and what its worker
 * has returned because the chunk took too long.
 *
 * @internal
 */
final class Batch
{
    /** @var ?Future<mixed> */
    private ?Future $future = null;

    private int $sent = 0;

    /**
     * @param list<mixed> $keys
     * @param list<mixed> $items
     */
    public function __construct(private array $keys, private array $items)
    {
    }

    /**
     * Submits the next of its items.
     *
     * @param Closure(list<mixed>, list<mixed>): ?Future<mixed> $submit gets keys and items; null when those are too many
     * @param int $most how many it may submit
     */
    public function start(Closure $submit, int $most): Execution
    {
        $this->sent = min($most, count($this->items));
        while (($future = $submit(...$this->firstOnes())) === null) {
            $this->sent = intdiv($this->sent, 2);
        }
        $this->future = $future;
        return $future->execution();
    }

    public function isDone(): bool
    {
        return $this->future()->execution()->outcome() !== null;
    }

    /** Whether there are items without a result. */
    public function hasMore(): bool
    {
        return $this->items !== [];
    }

    /** @return Future<mixed> of the task that was submitted last */
    public function future(): Future
    {
        return $this->future ?? throw new LogicException('nothing has been submitted');
    }

    /** How many items that task was given. */
    public function sent(): int
    {
        return $this->sent;
    }

    /** @return list<mixed> keys of the items that have no result yet */
    public function keys(): array
    {
        return $this->keys;
    }

    /** @return list<mixed> the keys of the first items, which are taken out */
    public function drop(int $count): array
    {
        if ($count === count($this->keys)) {
            [$keys, $this->keys, $this->items] = [$this->keys, [], []];
            return $keys;
        }
        $this->items = array_slice($this->items, $count);
        return array_splice($this->keys, 0, $count);
    }

    /** @return array{list<mixed>, list<mixed>} keys and items */
    private function firstOnes(): array
    {
        return $this->sent === count($this->keys)
            ? [$this->keys, $this->items]
            : [array_slice($this->keys, 0, $this->sent), array_slice($this->items, 0, $this->sent)];
    }
}
