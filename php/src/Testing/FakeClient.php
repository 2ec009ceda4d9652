<?php

declare(strict_types=1);

namespace B7s\Parallite\Testing;

use B7s\Parallite\Codec\CallSite;
use B7s\Parallite\Cancellation;
use B7s\Parallite\ClientInterface;
use B7s\Parallite\Deadline;
use B7s\Parallite\Delivery;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Exception\TaskException;
use B7s\Parallite\Future;
use B7s\Parallite\FutureGroup;
use B7s\Parallite\Keys;
use B7s\Parallite\LocalExecution;
use B7s\Parallite\MapOptions;
use B7s\Parallite\Retry;
use B7s\Parallite\Scope;
use B7s\Parallite\Shared;
use B7s\Parallite\SharedValues;
use B7s\Parallite\Seconds;
use B7s\Parallite\TaskIds;
use B7s\Parallite\TaskOptions;
use B7s\Parallite\TaskPayload;
use B7s\Parallite\Traceparent;
use B7s\Parallite\Wire\PhpValue;
use Closure;
use Generator;
use SplQueue;
use Throwable;

/**
 * A client for tests: no daemon, no workers. Tasks run in this process when they are submitted, or come out as the
 * test has scripted; all of them are recorded.
 *
 * ```php
 * $client = (new FakeClient())->returns('PDF', 'App\Report::render')->throws(new MailerDown(), times: 1);
 * $service = new ReportService($client);
 * …
 * $client->assertRanTimes(1, 'App\Report::render');
 * ```
 *
 * Each try of a task with a {@see Retry} is recorded as a task; there is no delay between them.
 * Tasks run one after the other, and each item of a map is a task of its own, whatever the size of its chunks.
 */
final class FakeClient implements ClientInterface
{
    use Assertions;

    /** @var list<RecordedTask> */
    private array $tasks = [];

    /** @var array<string, Future<mixed>> by id */
    private array $futures = [];

    private readonly Script $script;

    private readonly TaskPayload $payloads;

    private readonly Traceparent $traceparent;

    /** @var SplQueue<mixed> */
    private readonly SplQueue $sent;

    private bool $isDown = false;

    /**
     * @param bool $travels whether tasks, arguments and results are serialized as on their way to a worker and back:
     *     what can't travel is refused, and arguments and results are copies. Closures run as they are
     * @param string|Closure(): ?string|null $traceparent {@see \B7s\Parallite\Client::__construct()}
     */
    public function __construct(private readonly bool $travels = true, string|Closure|null $traceparent = null)
    {
        $this->traceparent = new Traceparent($traceparent);
        $this->script = new Script();
        $this->sent = new SplQueue();
        $this->payloads = new TaskPayload();
    }

    /**
     * Values that tasks take by {@see \B7s\Parallite\Task::receive()}, in this order: a task runs when it is submitted, before
     * the program could send any.
     */
    public function sends(mixed ...$values): self
    {
        foreach ($values as $value) {
            $received = $this->travels ? PhpValue::decode(PhpValue::encode($value)) : $value;
            $this->sent->enqueue($received);
        }
        return $this;
    }

    /**
     * From now on, a value in place of running the task.
     *
     * @param string|Closure(RecordedTask): bool|null $for which tasks, see {@see assertRan()}; null for all
     * @param ?int $times how often; after that, tasks run as before
     */
    public function returns(mixed $value, string|Closure|null $for = null, ?int $times = null): self
    {
        return $this->answers(static fn(): mixed => $value, $for, $times);
    }

    /**
     * From now on, a failure in place of running the task.
     *
     * @param string|Closure(RecordedTask): bool|null $for
     */
    public function throws(Throwable $exception, string|Closure|null $for = null, ?int $times = null): self
    {
        return $this->answers(static fn() => throw $exception, $for, $times);
    }

    /**
     * From now on, one of the failures that the daemon reports: TIMEOUT, CANCELLED, WORKER_CRASHED, QUEUE_FULL, …
     *
     * @param string|Closure(RecordedTask): bool|null $for
     */
    public function fails(string $errorCode, string|Closure|null $for = null, ?int $times = null): self
    {
        return $this->answers(static fn(RecordedTask $task) => throw TaskException::of([
            'task_id' => $task->id,
            'ok' => false,
            'error' => "the test lets task {$task->id} fail with $errorCode",
            'error_code' => $errorCode,
        ]), $for, $times);
    }

    /**
     * From now on, what a closure returns or throws in place of running the task.
     *
     * @param Closure(RecordedTask): mixed $answer
     * @param string|Closure(RecordedTask): bool|null $for
     */
    public function answers(Closure $answer, string|Closure|null $for = null, ?int $times = null): self
    {
        $this->script->add($for, $answer, $times);
        return $this;
    }

    /** From now on, or no more, as if no daemon were there: everything throws DaemonNotRunning. */
    public function down(bool $down = true): self
    {
        $this->isDown = $down;
        return $this;
    }

    /**
     * The tasks so far, in the order in which they were submitted.
     *
     * @param string|Closure(RecordedTask): bool|null $which null: all tasks
     * @return list<RecordedTask>
     */
    public function tasks(string|Closure|null $which = null): array
    {
        return array_values(array_filter(
            $this->tasks,
            static fn(RecordedTask $task): bool => $task->matches($which),
        ));
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
        return $this->accepted($task, $args, new TaskOptions($timeout, $isolate, $priority, $queueTimeout, true, $retry, $cancellation, pool: $pool))->await();
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
        $tasks = Keys::unique($tasks, 'the tasks');
        foreach ($this->travels ? $tasks : [] as $key => $task) {
            $this->payloads->of($task, [], static fn(): ?string => $entry($key)); // refuses what can't, before any runs
        }
        $group = new FutureGroup(array_map(
            fn(mixed $task): Future => $deadline?->left() === 0.0
                ? Future::failed($deadline->exceeded())
                : $this->accept($task, [], $options),
            $tasks,
        ));
        return $settled ? $group->settled() : $group->values();
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
        $how = new MapOptions($concurrency, $chunk, true, $settled, $deadline);
        $options = new TaskOptions($timeout, $isolate, $priority, $queueTimeout, true, $retry, $cancellation, pool: $pool);
        return iterator_to_array($this->mapped(Keys::checked($items, 'the items'), $task, $how, $options));
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
        return $this->mapped($items, $task, $how, new TaskOptions($timeout, $isolate, $priority, $queueTimeout, true, $retry, $cancellation, pool: $pool));
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
        return $this->mapped($items, $task, $how, new TaskOptions($timeout, $isolate, $priority, $queueTimeout, true, $retry, $cancellation, pool: $pool));
    }

    /**
     * @template K
     * @param iterable<K, mixed> $items
     * @return Generator<K, mixed, void, void>
     */
    private function mapped(
        iterable $items,
        callable|string $task,
        MapOptions $how,
        TaskOptions $options,
    ): Generator {
        $takesKeys = $this->payloads->prepared($task)->takesKeys;
        foreach ($items as $key => $item) {
            $args = $takesKeys ? [$item, $key] : [$item];
            $future = $how->deadline?->left() === 0.0
                ? Future::failed($how->deadline->exceeded())
                : $this->accepted($task, $args, $options);
            yield $key => $how->settled ? Future::settled([$future])[0] : $future->await();
        }
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
        $options = new TaskOptions($timeout, $isolate, $priority, $queueTimeout, true, $retry, $cancellation, $traceparent, $pool);
        new Delivery($detach, $atMostOnce, $delay, $unique, $retry); // refuses what the client does
        return $this->accepted($task, $args, $options, $id, $detach, $name);
    }

    /**
     * A task whose closure has to be able to travel.
     *
     * @param array<array-key, mixed> $args
     * @return Future<mixed>
     */
    private function accepted(
        callable|string $task,
        array $args,
        TaskOptions $options,
        ?string $id = null,
        bool $detach = false,
        ?string $name = null,
    ): Future {
        if ($this->travels) {
            $this->payloads->of($task, $args, CallSite::task()); // refuses what can't
        }
        return $this->accept($task, $args, $options, $id, $detach, $name);
    }

    public function share(mixed $value): Shared
    {
        $shared = Shared::of($value);
        SharedValues::dropContent($shared);
        return $shared;
    }

    /** Runs the block; its tasks have ended when they are submitted, those after a failure are cancelled. */
    public function scope(Closure $block, ?Cancellation $cancellation = null): mixed
    {
        return (new Scope($this, $cancellation))->run($block);
    }

    /**
     * @param array<array-key, mixed> $args
     * @return Future<mixed>
     */
    private function accept(
        callable|string $task,
        array $args,
        TaskOptions $options,
        ?string $id = null,
        bool $detach = false,
        ?string $name = null,
        int $tries = 1,
    ): Future {
        $this->reach();
        if ($options->cancellation?->isRequested() === true) {
            return Future::failed(Cancellation::failure());
        }
        $id = $id !== null ? TaskIds::check($id) : ($name === null ? 'task-' : "$name-") . count($this->tasks) + 1;
        if (isset($this->futures[$id])) {
            return $this->futures[$id]; // joins it, as with the daemon
        }
        $callable = $this->payloads->callableOf($task);
        $traceparent = $this->traceparent->field($options->traceparent)['traceparent'] ?? null;
        $recorded = RecordedTask::of($id, $callable, $args, $options, $name, $detach, $traceparent);
        if ($this->travels) {
            $args = PhpValue::decode(PhpValue::encode($args));
        }
        $this->tasks[] = $recorded;
        $answer = $this->script->answerTo($recorded) ?? static fn(): mixed => $callable(...$args);
        $execution = LocalExecution::run($id, $this->traveller($answer), [], sent: $this->sent, traceparent: $traceparent);
        $failure = $execution->outcome()->exception();
        if ($failure !== null && $options->retry?->isFor($failure, $tries) === true) {
            return $this->accept($task, $args, $options, null, $detach, $name, $tries + 1); // at once
        }
        return $this->futures[$id] = new Future($execution);
    }

    public function awaitAll(iterable $futures): array
    {
        return Future::all($futures);
    }

    public function await(string $id, ?float $timeout = null): mixed
    {
        return $this->find($id)->await($timeout);
    }

    /** Too late: tasks have ended when submit() returns. */
    public function cancel(string $id, float $grace = 0.0): bool
    {
        Seconds::grace($grace);
        $this->find($id);
        return false;
    }

    public function status(string $id): array
    {
        [$settled] = Future::settled([$this->find($id)]);
        return ['status' => $settled->isOk() ? 'completed' : 'failed'];
    }

    public function ping(): array
    {
        $this->reach();
        return ['version' => 'fake', 'pid' => getmypid(), 'uptime_ms' => 0];
    }

    public function stats(): array
    {
        $this->reach();
        return ['version' => 'fake', 'tasks' => ['submitted' => count($this->tasks), 'in_flight' => 0]];
    }

    private function reach(): void
    {
        if ($this->isDown) {
            throw new DaemonNotRunning('the test lets the daemon be down');
        }
    }

    /** @return Future<mixed> */
    private function find(string $id): Future
    {
        $this->reach();
        return $this->futures[$id] ?? throw TaskException::of([
            'task_id' => $id,
            'ok' => false,
            'error' => "no task \"$id\" was submitted",
            'error_code' => 'NOT_FOUND',
        ]);
    }

    private function traveller(Closure $answer): Closure
    {
        return $this->travels
            ? static fn(): mixed => PhpValue::decode(PhpValue::encode($answer()))
            : $answer;
    }
}
