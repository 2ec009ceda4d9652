<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Codec\CallSite;
use B7s\Parallite\Codec\ClosureCodec;
use B7s\Parallite\Codec\Codecs;
use B7s\Parallite\Daemon\Autostart;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Exception\TaskException;
use Closure;
use Generator;
use InvalidArgumentException;

/**
 * Runs closures in parallel, in the worker processes of a Parallite daemon.
 *
 * All tasks of a client share one connection, on which any number may be in flight. The client reads and
 * writes while one of its methods, or one of its futures', is called; it needs no event loop. A forked child
 * may go on using it: over connections of its own, and without the parent's futures.
 *
 * Values travel as PHP serializes them, in both directions. What a daemon sends is unserialized, as what a
 * client sends is run: both trust whoever can open the socket, and that is its owner alone.
 */
final class Client implements ClientInterface
{
    /** Nobody listens: tasks run in this process, when they are submitted, one after the other. */
    public const SYNC = 'sync';

    private readonly Connection $tasks;

    /** Replies about a task carry its id, as does its own reply: they come on a connection of their own. */
    private readonly Connection $control;

    private readonly TaskPayload $payloads;

    private readonly bool $isSyncAllowed;

    private readonly TaskIds $ids;

    /**
     * Connects when it first has to.
     *
     * @param ?string $address a path, host:port, unix:// or tcp:// URI; else PARALLITE_SOCKET, else the `socket` of
     *     the nearest parallite.json upwards, else the daemon's default
     * @param bool|Autostart $autostart starts a daemon for the project where none listens
     * @param ?string $fallback 'sync': runs tasks in this process where none listens; what they may take is then
     *     rounded up to whole seconds, and without ext-pcntl not bounded
     * @param float $connectTimeout seconds
     * @param ?ClosureCodec $codec the library for closures, else {@see Codecs::best()}
     */
    public function __construct(
        ?string $address = null,
        bool|Autostart $autostart = false,
        ?string $fallback = null,
        float $connectTimeout = 10.0,
        ?ClosureCodec $codec = null,
    ) {
        if ($fallback !== null && $fallback !== self::SYNC) {
            throw new InvalidArgumentException("fallback is \"$fallback\"; it may be null or 'sync'");
        }
        if (is_bool($autostart)) {
            $autostart = $autostart ? new Autostart() : null;
        }
        $connector = new Connector(Address::find($address, $autostart), $autostart, $connectTimeout);
        $this->tasks = new Connection($connector);
        $this->control = new Connection($connector);
        $this->payloads = new TaskPayload($codec);
        $this->ids = new TaskIds();
        $this->isSyncAllowed = $fallback === self::SYNC;
    }

    /**
     * A client that is connected.
     *
     * @param ?string $address as for the constructor
     * @throws DaemonNotRunning
     */
    public static function connect(
        ?string $address = null,
        bool|Autostart $autostart = false,
        float $connectTimeout = 10.0,
    ): self {
        $client = new self($address, $autostart, null, $connectTimeout);
        $client->tasks->open();
        return $client;
    }

    public function __destruct()
    {
        $this->tasks->close();
        $this->control->close();
    }

    public function run(callable|string $task, array $args = [], ?float $timeout = null): mixed
    {
        return $this->submit($task, $args, $timeout, stream: false)->await();
    }

    public function all(iterable $tasks, ?float $timeout = null): array
    {
        $entry = CallSite::arrayPassedTo('all');
        $futures = [];
        foreach ($tasks as $key => $task) {
            $hint = static fn(): ?string => $entry($key);
            $futures[$key] = $this->send($task, [], $timeout, more: true, hint: $hint);
        }
        $this->tasks->flush();
        return Future::all($futures);
    }

    public function map(iterable $items, callable|string $task, int $concurrency = 64, ?float $timeout = null): array
    {
        $order = [];
        $keys = (static function () use ($items, &$order): Generator {
            foreach ($items as $key => $item) {
                $order[$key] = null;
                yield $key => $item;
            }
        })();
        foreach ($this->imap($keys, $task, $concurrency, $timeout) as $key => $result) {
            $order[$key] = $result;
        }
        return $order;
    }

    public function imap(
        iterable $items,
        callable|string $task,
        int $concurrency = 64,
        ?float $timeout = null,
    ): Generator {
        if ($concurrency < 1) {
            throw new InvalidArgumentException("concurrency is $concurrency; it must be at least 1");
        }
        return $this->mapped($items, $task, $concurrency, $timeout);
    }

    public function submit(
        callable|string $task,
        array $args = [],
        ?float $timeout = null,
        ?string $id = null,
        bool $detach = false,
        ?bool $benchmark = null,
        ?string $name = null,
        bool $stream = true,
    ): Future {
        $id ??= $this->ids->next($name);
        $options = [];
        if ($detach) {
            $options['detach'] = true;
        } elseif ($stream) {
            $options['stream'] = true;
        }
        if ($benchmark !== null) {
            $options['enable_benchmark'] = $benchmark;
        }
        return $this->send($task, $args, $timeout, $id, $options);
    }

    public function awaitAll(iterable $futures): array
    {
        return Future::all($futures);
    }

    public function await(string $id, ?float $timeout = null): mixed
    {
        return $this->future($id)->await($timeout);
    }

    /**
     * The future of a task by its id: of one that was detached, that another client has submitted, or whose
     * connection was lost.
     *
     * @return Future<mixed>
     */
    public function future(string $id): Future
    {
        return new Future(new RemoteExecution($this, $id, null, isDetached: true));
    }

    public function cancel(string $id, float $grace = 0.0): bool
    {
        $request = ['type' => 'cancel', 'task_id' => $id];
        if ($grace > 0.0) {
            $request['grace_ms'] = self::milliseconds($grace);
        }
        return ($this->ask($request)['cancelled'] ?? false) === true;
    }

    public function status(string $id): array
    {
        return $this->ask(['type' => 'status', 'task_id' => $id]);
    }

    public function ping(): array
    {
        return $this->ask(['type' => 'ping', 'task_id' => $this->ids->next()]);
    }

    public function stats(): array
    {
        return $this->ask(['type' => 'stats', 'task_id' => $this->ids->next()]);
    }

    /**
     * The stream on which replies to tasks come, for an event loop: when it is readable, {@see tick()} takes
     * them in. It is another one after a connection was lost.
     *
     * @return resource
     */
    public function stream(): mixed
    {
        $this->tasks->open();
        return $this->tasks->socket() ?? throw new \LogicException('open, and then not');
    }

    /**
     * Sends and takes in what is possible without waiting, and has handlers called.
     *
     * @return bool whether something is still unsent: call again when the stream is writable
     */
    public function tick(): bool
    {
        if ($this->tasks->isOpen()) {
            $this->tasks->flush();
            $this->tasks->receive();
        }
        Loop::callBack();
        return $this->tasks->hasUnsent();
    }

    /**
     * @internal for futures
     * @param array<string, mixed> $request about one task, to which that task's reply is the answer
     */
    public function sendForTask(array $request, ?Reports $reports): Exchange
    {
        return $this->tasks->send($request, $reports);
    }

    /**
     * @template T
     * @param (callable(mixed...): T)|string|PreparedTask $task
     * @param array<array-key, mixed> $args
     * @param array<string, mixed> $options fields of the request
     * @param bool $more other tasks follow at once
     * @param ?Closure(): ?string $hint {@see ClosureCodec::encode()}
     * @return Future<T>
     */
    private function send(
        callable|string|PreparedTask $task,
        array $args,
        ?float $timeout,
        ?string $id = null,
        array $options = [],
        bool $more = false,
        ?Closure $hint = null,
    ): Future {
        $id ??= $this->ids->next();
        if ($this->isSyncAllowed && !$this->isReached()) {
            return new Future(LocalExecution::run($id, $this->payloads->callableOf($task), $args, $timeout));
        }
        $payload = $this->payloads->of($task, $args, $hint);
        $request = ['type' => 'submit', 'task_id' => $id, 'payload' => $payload, 'accept' => 'php'] + $options;
        if ($timeout !== null) {
            $request['timeout_ms'] = self::milliseconds($timeout);
        }
        if (isset($options['detach'])) {
            self::succeed($this->tasks->send($request));
            return new Future(new RemoteExecution($this, $id, null, isDetached: true));
        }
        $reports = null;
        if (isset($request['stream']) && !$this->tasks->isInFlight($id)) {
            $reports = new Reports();
        } else {
            unset($request['stream']); // who joins a task on the connection that submitted it would get all twice
        }
        return new Future(new RemoteExecution($this, $id, $this->tasks->send($request, $reports, $more), $reports));
    }

    /**
     * The generator of {@see imap()}.
     *
     * @template K
     * @template V
     * @template T
     * @param iterable<K, V> $items
     * @param (callable(V, K): T)|string $task
     * @return Generator<K, T, void, void>
     */
    private function mapped(iterable $items, callable|string $task, int $concurrency, ?float $timeout): Generator
    {
        $window = new Window($concurrency);
        $call = $this->payloads->prepared($task);
        foreach ($items as $key => $item) {
            $args = $call->takesKeys ? [$item, $key] : [$item];
            $window->add($key, $this->send($call, $args, $timeout, more: $window->room() > 1));
            while ($window->hasEnded() || $window->room() === 0) {
                $this->tasks->flush();
                [$done, $future] = $window->take();
                yield $done => $future->await();
            }
        }
        $this->tasks->flush();
        while (!$window->isEmpty()) {
            [$done, $future] = $window->take();
            yield $done => $future->await();
        }
    }

    private function isReached(): bool
    {
        try {
            $this->tasks->open();
            return true;
        } catch (DaemonNotRunning) {
            return false;
        }
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

    /** @return array<string, mixed> the reply */
    private static function succeed(Exchange $exchange): array
    {
        $reply = $exchange->reply();
        if (($reply['ok'] ?? false) !== true) {
            throw TaskException::of($reply);
        }
        return $reply;
    }

    private static function milliseconds(float $seconds): int
    {
        return max(1, (int) round(min($seconds, 2_147_483.0) * 1000));
    }
}
