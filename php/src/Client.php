<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\TaskException;
use Closure;

/**
 * Runs closures in parallel, in the worker processes of a Parallite daemon.
 *
 * All tasks of a client share one connection, on which any number may be in flight. The client reads and
 * writes while one of its methods, or one of its futures', is called; it needs no event loop.
 */
final class Client
{
    private readonly Connection $tasks;

    /** Replies about a task carry its id, as does its own reply: they come on a connection of their own. */
    private readonly Connection $control;

    private readonly ClosureSerializer $closures;

    private readonly string $prefix;

    private int $count = 0;

    /** @param ?string $address a path, host:port, unix:// or tcp:// URI; else PARALLITE_SOCKET, else the default */
    public function __construct(?string $address = null)
    {
        $uri = Address::find($address)->uri;
        $this->tasks = new Connection($uri);
        $this->control = new Connection($uri);
        $this->closures = new ClosureSerializer();
        $this->prefix = bin2hex(random_bytes(8));
    }

    /**
     * Runs a task and waits for it.
     *
     * @template T
     * @param Closure(mixed...): T|callable-string $task
     * @param array<array-key, mixed> $args
     * @param ?float $timeout seconds, else the daemon's
     * @return T
     * @throws TaskException when the task fails
     */
    public function run(Closure|string $task, array $args = [], ?float $timeout = null): mixed
    {
        return $this->submit($task, $args, $timeout)->await();
    }

    /**
     * Sends a task and returns at once.
     *
     * @template T
     * @param Closure(mixed...): T|callable-string $task
     * @param array<array-key, mixed> $args
     * @param ?float $timeout seconds from its start, else the daemon's
     * @param ?string $id under which others can await, cancel or ask about the task; one that is in flight is joined
     * @param bool $detach the daemon keeps the result until it is awaited, also by another client
     * @param ?bool $benchmark whether the worker measures the task, else as the daemon is configured
     * @return Future<T>
     */
    public function submit(
        Closure|string $task,
        array $args = [],
        ?float $timeout = null,
        ?string $id = null,
        bool $detach = false,
        ?bool $benchmark = null,
    ): Future {
        $id ??= $this->nextId();
        $request = ['type' => 'submit', 'task_id' => $id, 'payload' => $this->closures->serialize($task, $args)];
        if ($timeout !== null) {
            $request['timeout_ms'] = max(1, (int) round($timeout * 1000));
        }
        if ($benchmark !== null) {
            $request['enable_benchmark'] = $benchmark;
        }
        if (!$detach) {
            return new Future($this, $id, $this->tasks->send($request));
        }
        self::succeed($this->tasks->send($request + ['detach' => true]));
        return new Future($this, $id, null);
    }

    /**
     * Waits for all of them. The first failure, in the order of the futures, is thrown.
     *
     * @template K of array-key
     * @template T
     * @param iterable<K, Future<T>> $futures
     * @return array<K, T>
     */
    public function awaitAll(iterable $futures): array
    {
        $results = [];
        foreach ($futures as $key => $future) {
            $results[$key] = $future->await();
        }
        return $results;
    }

    /** Waits for a task by its id: one that was detached, or that another client has submitted. */
    public function await(string $id, ?float $timeout = null): mixed
    {
        return (new Future($this, $id, null))->await($timeout);
    }

    /**
     * Takes a task out of the queue, or kills the worker that runs it.
     *
     * @return bool false when it had ended before
     */
    public function cancel(string $id): bool
    {
        return ($this->ask(['type' => 'cancel', 'task_id' => $id])['cancelled'] ?? false) === true;
    }

    /** @return array<string, mixed> status (pending, running, completed, failed) and times */
    public function status(string $id): array
    {
        return $this->ask(['type' => 'status', 'task_id' => $id]);
    }

    /** @return array<string, mixed> who answers, in which version */
    public function ping(): array
    {
        return $this->ask(['type' => 'ping', 'task_id' => $this->nextId()]);
    }

    /** @return array<string, mixed> figures of the pool, the queue and the retained results */
    public function stats(): array
    {
        return $this->ask(['type' => 'stats', 'task_id' => $this->nextId()]);
    }

    /** @internal for futures of detached tasks */
    public function askForResult(string $id): Exchange
    {
        return $this->tasks->send(['type' => 'await', 'task_id' => $id]);
    }

    /**
     * @param array<string, mixed> $request
     * @return array<string, mixed>
     */
    private function ask(array $request): array
    {
        $reply = self::succeed($this->control->send($request));
        unset($reply['ok'], $reply['task_id']);
        return $reply;
    }

    /** @return array<array-key, mixed> the reply */
    private static function succeed(Exchange $exchange): array
    {
        $reply = $exchange->reply();
        if (($reply['ok'] ?? false) !== true) {
            throw TaskException::of($reply);
        }
        return $reply;
    }

    private function nextId(): string
    {
        return $this->prefix . '-' . ++$this->count;
    }
}
