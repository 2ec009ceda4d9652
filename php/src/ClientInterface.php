<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\DeadlineExceeded;
use B7s\Parallite\Exception\TaskException;
use Closure;
use Generator;
use InvalidArgumentException;
use Throwable;

/**
 * Runs closures in parallel: {@see Client} in the workers of a daemon, {@see Testing\FakeClient} in tests.
 *
 * A task is a closure, or anything else that can be called: the name of a function or static method
 * (`strtoupper(...)`, `Report::build(...)` and `[Report::class, 'build']` will do, too), a method of an object
 * or an invokable object, which then travel with the task.
 */
interface ClientInterface
{
    /**
     * Runs a task and waits for it.
     *
     * @template T
     * @param (callable(mixed...): T)|string $task
     * @param array<array-key, mixed> $args by position or by name
     * @param ?float $timeout seconds that it may run, else the daemon's
     * @param ?bool $isolate {@see submit()}
     * @param 'high'|'normal'|'low' $priority {@see submit()}
     * @param ?float $queueTimeout {@see submit()}
     * @param ?Retry $retry {@see submit()}
     * @param ?Cancellation $cancellation {@see submit()}
     * @param ?string $pool {@see submit()}
     * @return T
     * @throws Throwable what the task threw
     * @throws TaskException when it failed in another way
     * @throws ConnectionException
     */
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
    ): mixed;

    /**
     * Runs tasks in parallel and waits for all of them. If one of them can't be sent, none is. The first failure is
     * thrown as soon as it is there; the other tasks go on.
     *
     * @template K of array-key
     * @template T
     * @param iterable<K, (callable(): T)|string> $tasks
     * @param ?float $timeout seconds that each of them may run, else the daemon's
     * @param ?bool $isolate {@see submit()}
     * @param bool $settled returns failures, too, in place of throwing the first
     * @param ?float $deadline seconds for all of them together; those that have not ended then are cancelled
     * @param 'high'|'normal'|'low' $priority {@see submit()}
     * @param ?float $queueTimeout {@see submit()}
     * @param ?Retry $retry {@see submit()}
     * @param ?Cancellation $cancellation {@see submit()}
     * @param ?string $pool {@see submit()}
     * @return ($settled is true ? array<K, Settled<T>> : array<K, T>) in the order of the tasks
     * @throws InvalidArgumentException when a key comes twice, or can't be one of an array
     * @throws DeadlineExceeded when the deadline passed, unless failures are returned
     * @throws Throwable
     */
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
    ): array;

    /**
     * Calls a closure for each item, in parallel. The first failure is thrown as soon as it is there; calls that
     * have been sent are cancelled then, and no more are sent.
     *
     * @template K of array-key
     * @template V
     * @template T
     * @param iterable<K, V> $items
     * @param (callable(V, K): T)|string $task gets the item, and its key if it requires a second argument
     * @param int $concurrency how many tasks are in flight at most
     * @param ?float $timeout seconds that each of them may run, else the daemon's
     * @param ?bool $isolate {@see submit()}
     * @param int|'auto' $chunk how many items a task is given, which it calls the closure for one after the other. 'auto':
     *     as many as take 50 ms, going by those that have ended
     * @param bool $settled returns failures, too, in place of throwing the first
     * @param ?float $deadline seconds for all of them together; calls that have not ended then are cancelled
     * @param 'high'|'normal'|'low' $priority {@see submit()}
     * @param ?float $queueTimeout {@see submit()}
     * @param ?Retry $retry {@see submit()}
     * @param ?Cancellation $cancellation {@see submit()}
     * @param ?string $pool {@see submit()}
     * @return ($settled is true ? array<K, Settled<T>> : array<K, T>) in the order of the items
     * @throws InvalidArgumentException when a key comes twice, or can't be one of an array
     * @throws DeadlineExceeded when the deadline passed, unless failures are returned
     * @throws Throwable
     */
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
    ): array;

    /**
     * As {@see map()}, but lazily: takes items as there is room, and gives results as they come, with keys of any kind.
     * Who stops to read, by `break` for example, cancels the calls that have been sent.
     *
     * @template K
     * @template V
     * @template T
     * @param iterable<K, V> $items
     * @param (callable(V, K): T)|string $task
     * @param int|'auto' $chunk how many items a task is given
     * @param bool $ordered gives results in the order of the items; those that come too early wait here, and count as in
     *     flight
     * @param bool $settled gives failures, too, in place of throwing the first
     * @param ?float $deadline seconds from this call on
     * @param 'high'|'normal'|'low' $priority {@see submit()}
     * @param ?float $queueTimeout {@see submit()}
     * @param ?Retry $retry {@see submit()}
     * @param ?Cancellation $cancellation {@see submit()}
     * @param ?string $pool {@see submit()}
     * @return ($settled is true ? Generator<K, Settled<T>, void, void> : Generator<K, T, void, void>) in the order in
     *     which the calls end, unless $ordered
     * @throws DeadlineExceeded when the deadline passed, unless failures are given
     * @throws Throwable
     */
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
    ): Generator;

    /**
     * As {@see imap()} in the order in which the calls end, under a name that says so.
     *
     * @template K
     * @template V
     * @template T
     * @param iterable<K, V> $items
     * @param (callable(V, K): T)|string $task
     * @param int|'auto' $chunk how many items a task is given
     * @param bool $settled gives failures, too, in place of throwing the first
     * @param ?float $deadline seconds from this call on
     * @param 'high'|'normal'|'low' $priority {@see submit()}
     * @param ?float $queueTimeout {@see submit()}
     * @param ?Retry $retry {@see submit()}
     * @param ?Cancellation $cancellation {@see submit()}
     * @param ?string $pool {@see submit()}
     * @return ($settled is true ? Generator<K, Settled<T>, void, void> : Generator<K, T, void, void>)
     * @throws DeadlineExceeded when the deadline passed, unless failures are given
     * @throws Throwable
     */
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
    ): Generator;

    /**
     * Sends a task and returns at once.
     *
     * @template T
     * @param (callable(mixed...): T)|string $task
     * @param array<array-key, mixed> $args by position or by name
     * @param ?float $timeout seconds that it may run, else the daemon's; above zero and finite
     * @param ?string $id under which others can await, cancel or ask about the task; one that is in flight is joined.
     *     1 to 255 bytes of UTF-8
     * @param bool $detach the daemon keeps the result until it is awaited, also by another client
     * @param ?bool $benchmark whether the worker measures the task, else as the daemon is configured
     * @param ?string $name for people: what the id begins with, when none is given
     * @param bool $stream whether values that the task emits are kept for {@see Future::stream()}
     * @param ?bool $isolate whether the task gets a worker process that runs nothing else, before it or after: it finds
     *     nothing that another task has left, and leaves nothing. Null: where workers are forked, so that this takes
     *     milliseconds. False: as the daemon is configured
     * @param 'high'|'normal'|'low' $priority which of the waiting tasks goes first, of all clients. Tasks age: one of low priority
     *     counts as one of normal priority that came 30 seconds later, one of high priority as one that came 30 earlier
     * @param ?float $queueTimeout seconds that it may wait for a worker, within the daemon's queue_timeout_ms
     * @param ?Retry $retry whether and when it is tried again after a failure. In a chunk of a map its items are. With $detach by
     *     the cluster (without its $on and $factor)
     * @param ?Cancellation $cancellation by which it can be cancelled, together with others; a task that has one ends with this
     *     program
     * @param bool $atMostOnce in a cluster: a detached task fails when its machine is lost, and is not run again
     * @param ?float $delay seconds before a detached task may run; needs a cluster
     * @param ?string $unique a key that one detached task has at a time, from its submit to its end; needs a cluster
     * @param ?string $traceparent the span of a distributed trace that submits it, as W3C Trace Context writes it, in place of the
     *     client's. Of another form it counts as none
     * @param ?string $pool whose workers run it: one of those that the daemon's parallite.json names, else its default one
     * @return Future<T>
     * @throws TaskException when the task can't be sent
     * @throws ConnectionException
     */
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
    ): Future;

    /**
     * Shares a value with tasks: a table or an index that many of them look into. It is sent to the daemon once, and each
     * worker loads it once, where a value that is captured or passed is sent and rebuilt with every task.
     *
     * @template V
     * @param V $value anything that can be passed to a task
     * @return Shared<V> to be captured or passed; the daemon keeps the value as long as it, or a task that uses it, is there
     * @throws Exception\ClosureNotSerializable when the value can't travel
     * @throws TaskException BUDGET_EXCEEDED when the daemon has no room for it: `shared_bytes`
     * @throws ConnectionException
     */
    public function share(mixed $value): Shared;

    /**
     * Runs a block of the program, in which tasks are submitted that live no longer than it. The first failure of one of
     * them, and the end of the block in whatever way, cancels the others.
     *
     * @template R
     * @param Closure(Scope): R $block awaits what it wants of its tasks
     * @param ?Cancellation $cancellation by which all of them can be cancelled from outside
     * @return R
     * @throws Throwable what the block throws, else the first failure of a task
     */
    public function scope(Closure $block, ?Cancellation $cancellation = null): mixed;

    /**
     * Waits for all of them, as {@see Future::all()}.
     *
     * @template K of array-key
     * @template T
     * @param iterable<K, Future<T>> $futures
     * @return array<K, T>
     * @throws Throwable
     */
    public function awaitAll(iterable $futures): array;

    /**
     * Waits for a task by its id: one that was detached, that another client has submitted, or whose connection
     * was lost.
     *
     * @param ?float $timeout seconds to wait, null for as long as it takes
     * @throws Throwable as {@see Future::await()}
     */
    public function await(string $id, ?float $timeout = null): mixed;

    /**
     * Stops a task, as {@see Future::cancel()}.
     *
     * @param float $grace seconds that a running task has to notice and return
     * @return bool false when it had ended before
     */
    public function cancel(string $id, float $grace = 0.0): bool;

    /** @return array<string, mixed> status (pending, running, completed, failed), times, progress */
    public function status(string $id): array;

    /** @return array<string, mixed> who answers, in which version */
    public function ping(): array;

    /** @return array<string, mixed> figures of the pool, the queue and the retained results */
    public function stats(): array;
}
