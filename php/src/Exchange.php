<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\ConnectionException;

/**
 * A request that was sent, and the reply to it.
 *
 * @internal
 */
final class Exchange
{
    /** @var array<array-key, mixed>|null */
    private ?array $reply = null;

    private ?ConnectionException $failure = null;

    public function __construct(private readonly Connection $connection, public readonly int $bytes)
    {
    }

    /** @param array<array-key, mixed> $reply */
    public function complete(array $reply): void
    {
        $this->reply = $reply;
    }

    public function fail(ConnectionException $failure): void
    {
        $this->failure = $failure;
    }

    /** Waits until the reply, or the end of the connection, is there; false when the time is over first. */
    public function wait(?float $timeout): bool
    {
        $deadline = $timeout === null ? null : microtime(true) + $timeout;
        while ($this->reply === null && $this->failure === null) {
            $left = $deadline === null ? null : max(0.0, $deadline - microtime(true));
            $this->connection->progress($left);
            if ($left === 0.0) {
                break;
            }
        }
        return $this->reply !== null || $this->failure !== null;
    }

    /**
     * The reply; waits for it.
     *
     * @return array<array-key, mixed>
     * @throws ConnectionException when the connection was lost before
     */
    public function reply(): array
    {
        $this->wait(null);
        return $this->reply ?? throw $this->failure ?? new ConnectionException('the connection was lost');
    }
}
