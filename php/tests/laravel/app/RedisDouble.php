<?php

declare(strict_types=1);

namespace App;

use Closure;
use Illuminate\Redis\Connections\Connection;

/** A connection that does nothing but be open, and its connector. */
final class RedisDouble extends Connection
{
    public readonly int $pid;

    /** @var array{resource, resource}|null */
    private ?array $sockets = null;

    public function __construct()
    {
        $this->pid = (int) getmypid();
    }

    /** @param array<string, mixed> $config */
    public function connect(array $config): self
    {
        $connection = new self();
        $connection->sockets = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0) ?: null;
        return $connection;
    }

    public function disconnect(): void
    {
        $this->sockets = null;
    }

    /** @param array<mixed>|string $channels */
    public function createSubscription($channels, Closure $callback, $method = 'subscribe'): void
    {
    }
}
