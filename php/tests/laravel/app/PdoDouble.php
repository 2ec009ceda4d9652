<?php

declare(strict_types=1);

namespace App;

/** The part of PDO that transactions need, and a socket, as a connection to a database has one. */
final class PdoDouble
{
    public readonly int $pid;

    /** @var array{resource, resource} */
    public readonly array $sockets;

    public function __construct()
    {
        $this->pid = (int) getmypid();
        $this->sockets = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    }

    public int $begun = 0;

    public int $rolledBack = 0;

    public function beginTransaction(): bool
    {
        return ++$this->begun > 0;
    }

    public function inTransaction(): bool
    {
        return $this->begun > $this->rolledBack;
    }

    public function rollBack(): bool
    {
        return ++$this->rolledBack > 0;
    }
}
