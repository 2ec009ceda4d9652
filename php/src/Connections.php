<?php

declare(strict_types=1);

namespace B7s\Parallite;

/**
 * The connections of a client for one purpose: one, and more while requests of different kinds about the same task are
 * in flight, since replies are paired with requests by the task's id alone.
 *
 * @internal
 */
final class Connections
{
    use BoundToProcess {
        __clone as private refuse;
    }

    /** @var list<Connection> */
    private array $all;

    public function __construct(private readonly Connector $connector)
    {
        $this->all = [new Connection($connector)];
    }

    /** @throws \Error always */
    public function __clone()
    {
        $this->all = []; // the end of the copy, of which there is no way to stop the making, is not theirs
        $this->refuse();
    }

    public function __destruct()
    {
        foreach ($this->all as $connection) {
            $connection->close();
        }
    }

    /** The one that is used unless there is a reason for another. */
    public function first(): Connection
    {
        return $this->all[0];
    }

    /** One on which a request of this kind about a task can be sent. */
    public function for(string $id, string $kind): Connection
    {
        foreach ($this->all as $connection) {
            if ($connection->accepts($id, $kind)) {
                return $connection;
            }
        }
        return $this->all[] = new Connection($this->connector);
    }

    /** Sends and takes in what is possible without waiting. */
    public function tick(): void
    {
        foreach ($this->all as $connection) {
            if ($connection->isOpen()) {
                $connection->flush();
                $connection->receive();
            }
        }
    }

    public function hasUnsent(): bool
    {
        foreach ($this->all as $connection) {
            if ($connection->hasUnsent()) {
                return true;
            }
        }
        return false;
    }
}
