<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\AwaitTimedOut;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\TaskException;

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

    /** How many requests have been sent that no other may share a reply with. */
    private int $asked = 0;

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

    /**
     * Sends a request about a task.
     *
     * @param array<string, mixed> $request
     * @param Exchange $exchange takes the reply
     * @param bool $more another request follows at once
     * @throws ConnectionException
     */
    public function exchange(array $request, Exchange $exchange, bool $more = false): Exchange
    {
        do {
            $isSent = $this->for($request['task_id'], $exchange->kind)->send($request, $exchange, $more);
        } while (!$isSent);
        return $exchange;
    }

    /**
     * Sends a request that has a reply of its own, and waits for that.
     *
     * @param array<string, mixed> $request
     * @param ?float $timeout seconds to wait, null for as long as it takes
     * @return array<string, mixed> the reply's fields
     * @throws TaskException when it says that the request has failed
     * @throws AwaitTimedOut when the time is over; the request may be fulfilled all the same
     * @throws ConnectionException
     */
    public function ask(array $request, ?float $timeout = null): array
    {
        $exchange = $this->exchange($request, new Exchange('ask ' . ++$this->asked));
        if ($timeout !== null && !Loop::until($exchange->isDone(...), $timeout)) {
            throw new AwaitTimedOut("there is no answer about {$request['task_id']} after $timeout seconds");
        }
        $reply = $exchange->reply();
        if (($reply['ok'] ?? false) !== true) {
            throw TaskException::of($reply, null, Origin::here());
        }
        unset($reply['ok'], $reply['task_id']);
        return $reply;
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
