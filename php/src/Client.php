<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Codec\CallSite;
use B7s\Parallite\Codec\ClosureCodec;
use B7s\Parallite\Daemon\Autostart;
use B7s\Parallite\Exception\AwaitTimedOut;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Exception\TaskException;
use B7s\Parallite\Worker\Chunk;
use Closure;
use Generator;
use InvalidArgumentException;
use Throwable;

/**
 * Runs closures in parallel, in the worker processes of a Parallite daemon.
 *
 * All tasks of a client share one connection, on which any number may be in flight. The client reads and
 * writes while one of its methods, or one of its futures', is called; it needs no event loop. A forked child
 * may go on using it: over connections of its own, and without the parent's futures. Handlers of signals may use it
 * and throw, also while one of its methods runs.
 *
 * Values travel as PHP serializes them, in both directions. What a daemon sends is unserialized, as what a
 * client sends is run: both trust every process that can open the socket, and only its owner can.
 */
final class Client implements ClientInterface
{
    use BoundToProcess;

    /** Nobody listens: tasks run in this process, when they are submitted, one after the other. */
    public const SYNC = 'sync';

    private readonly Connections $tasks;

    /** Replies about the daemon, and about tasks but not theirs, do not wait behind large results. */
    private readonly Connections $control;

    private readonly TaskPayload $payloads;

    private readonly Sharing $sharing;

    private readonly bool $isSyncAllowed;

    private readonly TaskIds $ids;

    private readonly Unhandled $unhandled;

    private readonly ?PayloadSecret $secret;

    private readonly ValueReader $values;

    private readonly Traceparent $traceparent;

    /** What results may be: PHP values, or plain data only. */
    private string $accepted = 'php';

    /**
     * Connects when it first has to.
     *
     * @param string|Address|null $address a path, host:port, unix://, tcp:// or tls:// URI; else PARALLITE_SOCKET, else the `socket` of
     *     the nearest parallite.json upwards, else the daemon's default
     * @param bool|Autostart $autostart starts a daemon for the project where none listens
     * @param ?string $fallback 'sync': runs tasks in this process where none listens; what they may take is then
     *     rounded up to whole seconds, and without ext-pcntl not bounded
     * @param float $connectTimeout seconds, also for waiting while more clients connect than the system lets queue
     * @param ?ClosureCodec $codec a library that packs closures, which has to be installed; else our own codec does
     * @param ?Closure(Throwable): mixed $onUnhandled is called once for each failure that was not awaited; by default
     *     those go to PHP's error log. What it throws goes to the log
     * @param ?list<class-string> $allowedClasses those of which results, emitted values and exceptions may hold objects,
     *     enum cases included; "Closure" stands for closures. Anything else is an error that names it. Null: all
     * @param ?Credentials $credentials for a daemon on TCP; else those in the environment
     * @param ?string $payloadSecretFile with the secret by which tasks and results are signed, the same for the workers; else
     *     PARALLITE_PAYLOAD_SECRET_FILE names it, or nothing is signed
     * @param string|Closure(): ?string|null $traceparent the span of a distributed trace that submits tasks, as W3C Trace Context
     *     writes it, or what tells it whenever one is submitted. Of another form it counts as none. In a task, that of the task, unless given
     * @throws ConnectionException when the parallite.json that would tell the address is damaged or another user's
     */
    public function __construct(
        string|Address|null $address = null,
        bool|Autostart $autostart = false,
        ?string $fallback = null,
        float $connectTimeout = 10.0,
        ?ClosureCodec $codec = null,
        ?Closure $onUnhandled = null,
        public readonly ?array $allowedClasses = null,
        ?Credentials $credentials = null,
        ?string $payloadSecretFile = null,
        string|Closure|null $traceparent = null,
    ) {
        if ($fallback !== null && $fallback !== self::SYNC) {
            throw new InvalidArgumentException("fallback is \"$fallback\"; it may be null or 'sync'");
        }
        if ($codec !== null && !$codec::isInstalled()) {
            throw new InvalidArgumentException('codec is ' . $codec::class . ', whose library can\'t be loaded; install it by '
                . 'Composer, or leave codec out');
        }
        Seconds::limit($connectTimeout, 'connectTimeout');
        if (is_bool($autostart)) {
            $autostart = $autostart ? new Autostart() : null;
        }
        $address = $address instanceof Address ? $address : Address::find($address, $autostart);
        $connector = new Connector($address, $autostart, $connectTimeout, $credentials);
        $this->tasks = new Connections($connector);
        $this->control = new Connections($connector);
        $this->payloads = new TaskPayload($codec);
        $this->ids = new TaskIds();
        $this->sharing = new Sharing($this->tasks, $this->ids);
        $this->isSyncAllowed = $fallback === self::SYNC;
        $this->unhandled = new Unhandled($onUnhandled);
        $this->secret = $payloadSecretFile === null ? PayloadSecret::inEnvironment() : PayloadSecret::inFile($payloadSecretFile);
        $this->values = new ValueReader($allowedClasses, $this->secret);
        $this->traceparent = new Traceparent($traceparent);
    }

    /**
     * A client that is connected.
     *
     * @param string|Address|null $address as for the constructor
     * @throws DaemonNotRunning
     */
    public static function connect(
        string|Address|null $address = null,
        bool|Autostart $autostart = false,
        float $connectTimeout = 10.0,
        ?Credentials $credentials = null,
    ): self {
        $client = new self($address, $autostart, null, $connectTimeout, credentials: $credentials);
        $client->tasks->first()->open();
        return $client;
    }

    /**
     * From now on, results come as scalars and arrays: {@see Worker\PlainData}.
     *
     * @internal for programs that were written for the Go daemon's package
     * @return $this
     */
    public function takePlainResults(): static
    {
        $this->accepted = 'plain';
        return $this;
    }

    public function run(
        callable|string $task,
        array $args = [],
        ?float $timeout = null,
        ?bool $isolate = false,
        string $priority = 'normal',
        ?float $queueTimeout = null,
        ?Retry $retry = null,
        ?Cancellation $cancellation = null,
        ?string $pool = null,
    ): mixed {
        $options = new TaskOptions($timeout, $isolate, $priority, $queueTimeout, true, $retry, $cancellation, pool: $pool);
        return $this->submitOne($task, $args, $options, Origin::here())->await();
    }

    public function all(
        iterable $tasks,
        ?float $timeout = null,
        ?bool $isolate = false,
        bool $settled = false,
        ?float $deadline = null,
        string $priority = 'normal',
        ?float $queueTimeout = null,
        ?Retry $retry = null,
        ?Cancellation $cancellation = null,
        ?string $pool = null,
    ): array {
        $options = new TaskOptions($timeout, $isolate, $priority, $queueTimeout, true, $retry, $cancellation, pool: $pool);
        $deadline = Deadline::in($deadline);
        $entry = CallSite::arrayPassedTo('all');
        $origin = Origin::here();
        $tasks = Keys::unique($tasks, 'the tasks');
        $futures = $this->isHere()
            ? array_map(fn(mixed $task): Future => $this->runHere($task, [], $options), $tasks)
            : $this->submitAll($tasks, $options, $origin, $entry);
        $group = new FutureGroup($futures);
        try {
            return $settled ? $group->settled($deadline) : $group->values($deadline);
        } finally {
            if ($deadline?->left() === 0.0) {
                $this->cancelAll($group->unfinished());
            }
        }
    }

    public function map(
        iterable $items,
        callable|string $task,
        int $concurrency = 64,
        ?float $timeout = null,
        ?bool $isolate = false,
        int|string $chunk = 1,
        bool $settled = false,
        ?float $deadline = null,
        string $priority = 'normal',
        ?float $queueTimeout = null,
        ?Retry $retry = null,
        ?Cancellation $cancellation = null,
        ?string $pool = null,
    ): array {
        $order = [];
        $keys = (static function () use ($items, &$order): Generator {
            foreach (Keys::checked($items, 'the items') as $key => $item) {
                $order[$key] = null;
                yield $key => $item;
            }
        })();
        $how = new MapOptions($concurrency, $chunk, false, $settled, $deadline);
        $options = new TaskOptions($timeout, $isolate, $priority, $queueTimeout, true, $retry, $cancellation, pool: $pool);
        foreach ($this->mapped($keys, $task, $how, $options) as $key => $result) {
            $order[$key] = $result;
        }
        return $order;
    }

    public function imap(
        iterable $items,
        callable|string $task,
        int $concurrency = 64,
        ?float $timeout = null,
        ?bool $isolate = false,
        int|string $chunk = 1,
        bool $ordered = false,
        bool $settled = false,
        ?float $deadline = null,
        string $priority = 'normal',
        ?float $queueTimeout = null,
        ?Retry $retry = null,
        ?Cancellation $cancellation = null,
        ?string $pool = null,
    ): Generator {
        $how = new MapOptions($concurrency, $chunk, $ordered, $settled, $deadline);
        $options = new TaskOptions($timeout, $isolate, $priority, $queueTimeout, true, $retry, $cancellation, pool: $pool);
        return $this->mapped($items, $task, $how, $options);
    }

    public function mapUnordered(
        iterable $items,
        callable|string $task,
        int $concurrency = 64,
        ?float $timeout = null,
        ?bool $isolate = false,
        int|string $chunk = 1,
        bool $settled = false,
        ?float $deadline = null,
        string $priority = 'normal',
        ?float $queueTimeout = null,
        ?Retry $retry = null,
        ?Cancellation $cancellation = null,
        ?string $pool = null,
    ): Generator {
        $how = new MapOptions($concurrency, $chunk, false, $settled, $deadline);
        $options = new TaskOptions($timeout, $isolate, $priority, $queueTimeout, true, $retry, $cancellation, pool: $pool);
        return $this->mapped($items, $task, $how, $options);
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
        ?bool $isolate = false,
        string $priority = 'normal',
        ?float $queueTimeout = null,
        ?Retry $retry = null,
        ?Cancellation $cancellation = null,
        bool $atMostOnce = false,
        ?float $delay = null,
        ?string $unique = null,
        ?string $traceparent = null,
        ?string $pool = null,
    ): Future {
        $isOurs = $cancellation !== null;
        $options = new TaskOptions($timeout, $isolate, $priority, $queueTimeout, $isOurs, $retry, $cancellation, $traceparent, $pool);
        $delivery = new Delivery($detach, $atMostOnce, $delay, $unique, $retry);
        $id = $id === null ? $this->ids->next($name) : TaskIds::check($id);
        if ($this->isHere()) {
            return $this->runHere($task, $args, $options, $id);
        }
        $request = $this->request($id, $this->payloads->of($task, $args, CallSite::task()), $options);
        if ($name !== null) {
            $request['name'] = $name;
        }
        if ($benchmark !== null) {
            $request['enable_benchmark'] = $benchmark;
        }
        if ($detach) {
            $this->control->ask($this->ready($delivery->fields() + $request));
            return $this->future($id);
        }
        if (!$stream) {
            return $this->send($request, Origin::here(), $options);
        }
        return $this->send(['stream' => true] + $request, Origin::here(), $options, streams: true);
    }

    public function share(mixed $value): Shared
    {
        $shared = Shared::of($value);
        if ($this->isHere()) {
            SharedValues::dropContent($shared);
        } else {
            $this->sharing->keep([$shared->hash => $shared]);
        }
        return $shared;
    }

    public function scope(Closure $block, ?Cancellation $cancellation = null): mixed
    {
        return (new Scope($this, $cancellation))->run($block);
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
        return new Future(new RemoteExecution($this, TaskIds::check($id), null, isDetached: true));
    }

    public function cancel(string $id, float $grace = 0.0): bool
    {
        $request = ['type' => 'cancel', 'task_id' => TaskIds::check($id)];
        if (Seconds::grace($grace) > 0.0) {
            $request['grace_ms'] = Seconds::milliseconds($grace);
        }
        return ($this->control->ask($request)['cancelled'] ?? false) === true;
    }

    public function status(string $id): array
    {
        return $this->control->ask(['type' => 'status', 'task_id' => TaskIds::check($id)]);
    }

    public function ping(): array
    {
        return $this->control->ask(['type' => 'ping', 'task_id' => $this->ids->next()]);
    }

    public function stats(): array
    {
        return $this->control->ask(['type' => 'stats', 'task_id' => $this->ids->next()]);
    }

    /**
     * Has the daemon replace its workers by new ones, which load the code as it is now; waits until that is done. No task
     * is lost.
     *
     * @return array<string, mixed> `replaced`: how many; `took_ms`
     * @throws TaskException RELOAD_FAILED when a new worker does not boot: the old ones stay
     */
    public function reload(): array
    {
        return $this->control->ask(['type' => 'reload', 'task_id' => $this->ids->next()]);
    }

    /**
     * The stream on which replies to tasks come, for an event loop: when it is readable, {@see tick()} takes
     * them in. It is another one after a connection was lost.
     *
     * @return resource
     */
    public function stream(): mixed
    {
        do {
            $this->tasks->first()->open();
            $socket = $this->tasks->first()->socket();
        } while ($socket === null); // a handler of a signal has lost it
        return $socket;
    }

    /**
     * Sends and takes in what is possible without waiting, and has handlers called.
     *
     * @return bool whether something is still unsent: call again when the stream is writable
     */
    public function tick(): bool
    {
        $this->tasks->tick();
        Loop::callBack();
        return $this->tasks->hasUnsent();
    }

    /**
     * @internal for futures
     * @param string $type of a request about one task, to which that task's reply is the answer
     */
    public function sendForTask(string $type, string $id, ?Reports $reports = null): Exchange
    {
        $exchange = new Exchange($type, $reports, null, $this->unhandled, $this->values);
        return $this->tasks->exchange(['type' => $type, 'task_id' => $id], $exchange);
    }

    /** @internal for futures */
    public function reports(): Reports
    {
        return new Reports($this->values);
    }

    /**
     * @internal for futures: {@see Future::send()}
     * @param ?float $timeout seconds
     */
    public function sendValue(string $id, mixed $value, ?float $timeout): void
    {
        $request = ['type' => 'send', 'task_id' => $this->ids->next(), 'to' => $id, 'value_encoding' => 'php'];
        $value = $this->payloads->ofValue($value);
        $request['value'] = $this->secret?->sign(PayloadSecret::MESSAGE, $id, $value) ?? $value;
        $this->sharing->keep(SharedValues::taken());
        try {
            $this->tasks->ask($request, $timeout); // behind the task itself
        } catch (AwaitTimedOut) {
            throw new AwaitTimedOut("task $id has not got the value after $timeout seconds");
        }
    }

    /**
     * Submits all of them, or, when one can't travel, none.
     *
     * @param array<array-key, mixed> $tasks
     * @param Closure(array-key): ?string $entry {@see CallSite::arrayPassedTo()}
     * @return array<array-key, Future<mixed>>
     */
    private function submitAll(array $tasks, TaskOptions $options, ?Origin $origin, Closure $entry): array
    {
        $ids = $this->ids->several(count($tasks));
        $requests = [];
        foreach ($tasks as $key => $task) {
            $payload = $this->payloads->of($task, [], static fn(): ?string => $entry($key));
            $requests[$key] = $this->request($ids[count($requests)], $payload, $options);
        }
        $futures = [];
        foreach ($requests as $key => $request) {
            $place = $origin?->withKey($key);
            $futures[$key] = $this->send($request, $place, $options, more: true);
        }
        $this->tasks->first()->flush();
        return $futures;
    }

    /**
     * @template K
     * @param iterable<K, mixed> $items
     * @return Generator<K, mixed, void, void>
     */
    private function mapped(iterable $items, callable|string $task, MapOptions $how, TaskOptions $options): Generator
    {
        $call = $this->payloads->prepared($task);
        $origin = Origin::here();
        $submit = $how->chunk->isSingle()
            ? function (array $keys, array $items, bool $more) use ($call, $options, $origin): Future {
                $args = $call->takesKeys ? [$items[0], $keys[0]] : $items;
                $place = $origin?->withKey($keys[0]);
                return $this->submitOne($call, $args, $options, $place, $more);
            }
            : function (array $keys, array $items, bool $more) use ($call, $options, $origin, $how): ?Future {
                return $this->submitChunk($call, $keys, $items, $options, $how->chunk, $origin, $more);
            };
        $flush = fn() => $this->tasks->first()->flush();
        return (new ParallelMap($how, $submit, $flush, $this->cancelAll(...), $origin, $this->values))->over($items);
    }

    /**
     * Cancels tasks without waiting.
     *
     * @internal
     * @param list<Execution> $executions
     * @param float $grace seconds that those which run have to end by themselves
     */
    public function cancelAll(array $executions, float $grace = Cancellation::GRACE): void
    {
        foreach ($executions as $execution) {
            $execution->markAwaited();
            if ($execution instanceof RetriedExecution) {
                $execution->giveUp();
            }
            if ($execution->client() === null || $execution->outcome() !== null) {
                continue;
            }
            $request = ['type' => 'cancel', 'task_id' => $execution->id(), 'grace_ms' => (int) round($grace * 1000)];
            try {
                $this->control->exchange($request, new Exchange('cancel'), more: true);
            } catch (ConnectionException) {
                return; // the daemon has gone, and the tasks with it
            }
        }
        $this->control->first()->flush();
    }

    /** @return array<string, mixed> */
    private function request(string $id, string $payload, TaskOptions $options): array
    {
        $request = ['type' => 'submit', 'task_id' => $id, 'payload' => $payload, 'accept' => $this->accepted];
        $parent = Task::parentId();
        if ($parent !== null) {
            $request['parent'] = $parent; // which lends the place of its worker while it waits
        }
        $shared = SharedValues::taken();
        if ($shared !== []) {
            $request['shared'] = $shared; // the objects, as long as it may have to be sent again
        }
        return $request + $options->fields() + $this->traceparent->field($options->traceparent);
    }

    /**
     * Submits a task, and submits it again when it is to be tried again.
     *
     * @param array<string, mixed> $request
     * @param bool $more other tasks follow at once
     * @param bool $streams whether emitted values are kept
     * @return Future<mixed>
     */
    private function send(
        array $request,
        ?Origin $origin,
        TaskOptions $options,
        bool $more = false,
        bool $streams = false,
    ): Future {
        if ($options->cancellation?->isRequested() === true) {
            return Future::failed(Cancellation::failure(), $request['task_id']);
        }
        $execution = $this->execution($request, $origin, $streams, $more);
        if ($options->retry !== null) {
            $again = fn(int $try): Execution => $this->execution(
                ['task_id' => $this->ids->next()] + $request,
                $origin,
                $streams,
                more: false,
            );
            $execution = new RetriedExecution($execution, $options->retry, $again);
        }
        $options->cancellation?->watch($execution);
        return new Future($execution);
    }

    /**
     * @param array<string, mixed> $request
     * @param bool $streams whether emitted values are kept
     * @param bool $more other tasks follow at once
     */
    private function execution(array $request, ?Origin $origin, bool $streams, bool $more): RemoteExecution
    {
        $reports = $streams ? $this->reports() : null;
        $id = $request['task_id'];
        $request = $this->ready($request);
        // who submits the same again has a future of the same task; another payload gets an answer of its own
        $kind = $this->ids->isOurs($id) ? 'submit' : 'submit ' . hash('xxh128', $request['payload']);
        if ($reports !== null && $this->tasks->first()->isInFlight($id)) {
            unset($request['stream']); // else who joins a task on the connection that submitted it would get all twice
            $reports = null;
        }
        $exchange = new Exchange($kind, $reports, $origin, $this->unhandled, $this->values);
        return new RemoteExecution($this, $id, $this->tasks->exchange($request, $exchange, $more), $reports);
    }

    /**
     * A task's request as it is sent: its payload signed, the values that it shares with others kept by the daemon.
     *
     * @param array<string, mixed> $request
     * @return array<string, mixed>
     */
    private function ready(array $request): array
    {
        if ($this->secret !== null) {
            $request['payload'] = $this->secret->sign(PayloadSecret::TASK, $request['task_id'], $request['payload']);
        }
        if (isset($request['shared'])) {
            $request['shared'] = $this->sharing->keep($request['shared']);
        }
        return $request;
    }

    /**
     * Runs a task in this process, there being no daemon.
     *
     * @param array<array-key, mixed> $args
     * @return Future<mixed>
     */
    private function runHere(
        callable|string|PreparedTask $task,
        array $args,
        TaskOptions $options,
        ?string $id = null,
    ): Future {
        if ($options->cancellation?->isRequested() === true) {
            return Future::failed(Cancellation::failure());
        }
        $id ??= $this->ids->next();
        $callable = $this->payloads->callableOf($task);
        $traceparent = $this->traceparent->field($options->traceparent)['traceparent'] ?? null;
        $run = fn(): Execution => LocalExecution::run(
            $id,
            $callable,
            $args,
            $options->timeout,
            $this->unhandled,
            traceparent: $traceparent,
        );
        $execution = $options->retry === null ? $run() : new RetriedExecution($run(), $options->retry, $run);
        return new Future($execution);
    }

    /**
     * @param array<array-key, mixed> $args
     * @param bool $more other tasks follow at once
     * @return Future<mixed>
     */
    private function submitOne(
        callable|string|PreparedTask $call,
        array $args,
        TaskOptions $options,
        ?Origin $origin,
        bool $more = false,
    ): Future {
        if ($this->isHere()) {
            return $this->runHere($call, $args, $options);
        }
        $payload = $this->payloads->of($call, $args, CallSite::task());
        return $this->send($this->request($this->ids->next(), $payload, $options), $origin, $options, $more);
    }

    /**
     * @param list<mixed> $keys
     * @param list<mixed> $items
     * @param bool $more other tasks follow at once
     * @return ?Future<mixed> of what {@see Chunk} returns; null when the items are too large together
     */
    private function submitChunk(
        PreparedTask $call,
        array $keys,
        array $items,
        TaskOptions $options,
        ChunkSize $size,
        ?Origin $origin,
        bool $more,
    ): ?Future {
        if ($this->isHere()) {
            [$callable, $retry] = [$call->original, $options->retry];
            $passed = $call->takesKeys ? $keys : null;
            $run = static fn(): array => Chunk::run($callable, $items, $passed, retry: $retry);
            return $this->runHere($run, [], $options);
        }
        $payload = $this->payloads->ofChunk($call, $items, $keys, $size->isAdaptive, $options->retry, CallSite::task());
        $size->sent(count($items), strlen($payload));
        if ($size->isAdaptive && count($items) > 1 && strlen($payload) > 2 * ChunkSize::MAX_BYTES) {
            return null;
        }
        $place = $origin?->withKeys($keys);
        return $this->send($this->request($this->ids->next(), $payload, $options), $place, $options, $more);
    }

    /** Whether tasks are to run in this process, because nobody listens. */
    private function isHere(): bool
    {
        return $this->isSyncAllowed && !$this->isReached();
    }

    private function isReached(): bool
    {
        try {
            $this->tasks->first()->open();
            return true;
        } catch (DaemonNotRunning) {
            return false;
        }
    }
}
