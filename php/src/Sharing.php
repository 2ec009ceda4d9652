<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\TaskException;
use WeakMap;

/**
 * Sends the values that a client's tasks share, each once over a connection, and has the daemon let go of those whose
 * {@see Shared} objects are gone.
 *
 * @internal
 */
final class Sharing
{
    /** @var WeakMap<Shared<mixed>, SharedLease> whose end is that of the objects */
    private WeakMap $leases;

    /** @var array<string, int> by hash: over which connection the daemon has got the value */
    private array $sentOver = [];

    /** @param Connections $connections over which tasks are submitted: what is released is so behind them */
    public function __construct(private readonly Connections $connections, private readonly TaskIds $ids)
    {
        $this->leases = new WeakMap();
    }

    /**
     * Has the daemon keep values; waits for its word where it does not know them yet.
     *
     * @param array<string, Shared<mixed>> $values by hash
     * @return list<string> their hashes
     * @throws TaskException when it refuses: there is no room for one
     * @throws ConnectionException
     */
    public function keep(array $values): array
    {
        $connection = $this->connections->first();
        foreach ($values as $hash => $shared) {
            $connection->open();
            if (($this->sentOver[$hash] ?? null) !== $connection->number()) {
                $request = ['type' => 'share', 'hash' => $hash];
                if (!$this->isKept($request)) {
                    $this->isKept($request + ['payload' => SharedValues::contentOf($shared)]);
                }
                $this->sentOver[$hash] = $connection->number();
                SharedValues::dropContent($shared);
            }
            $this->leases[$shared] ??= new SharedLease($this, $hash);
        }
        return array_map(strval(...), array_keys($values));
    }

    /** @param array<string, mixed> $request */
    private function isKept(array $request): bool
    {
        return ($this->connections->ask(['task_id' => $this->ids->next()] + $request)['kept'] ?? false) === true;
    }

    /** @internal for leases */
    public function release(string $hash): void
    {
        foreach ($this->leases as $shared => $_) {
            if ($shared->hash === $hash) {
                return; // another object for the same value
            }
        }
        $connection = $this->connections->first();
        if (($this->sentOver[$hash] ?? null) === $connection->number()) {
            $connection->tell(['type' => 'unshare', 'task_id' => $this->ids->next(), 'hash' => $hash]);
        }
        unset($this->sentOver[$hash]);
    }
}
