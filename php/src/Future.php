<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\AllFailed;
use B7s\Parallite\Exception\AwaitTimedOut;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\TaskException;
use Generator;
use InvalidArgumentException;
use LogicException;
use SplQueue;
use Throwable;

/**
 * The result of a task, now or later.
 *
 * Replies are read, and handlers called, while any future of this process is awaited or asked, or while
 * {@see Client::tick()} runs: there is no thread behind this.
 *
 * @template-covariant T
 */
final class Future
{
    use BoundToProcess;

    /** @internal use {@see Client::submit()} */
    public function __construct(private readonly Execution $execution)
    {
    }

    /**
     * A future that is done already.
     *
     * @template V
     * @param V $value
     * @return self<V>
     */
    public static function completed(mixed $value, string $id = 'completed', string $output = ''): self
    {
        return new self(new LocalExecution($id, Outcome::value($value, $output)));
    }

    /**
     * A future that has failed already.
     *
     * @return self<never>
     */
    public static function failed(Throwable $failure, string $id = 'failed', string $output = ''): self
    {
        return new self(new LocalExecution($id, Outcome::failure($failure, $output)));
    }

    public function id(): string
    {
        return $this->execution->id();
    }

    /**
     * Waits for the result; again and again, if you like: the answer stays the same.
     *
     * @param ?float $timeout seconds to wait, null for as long as it takes
     * @return T
     * @throws Throwable what the task threw, as itself; {@see Exception\RemoteException} where that can't travel
     * @throws TaskException when the task failed in another way
     * @throws AwaitTimedOut when the time is over; the task goes on
     * @throws ConnectionException when the connection is lost; whether the task has run is not known. In a forked child
     *     also: the future is its parent's
     */
    public function await(?float $timeout = null): mixed
    {
        $outcome = $this->wait(Seconds::toWait($timeout));
        $this->execution->markAwaited();
        return $outcome->get();
    }

    /** Whether await() would return, or throw, at once. */
    public function isDone(): bool
    {
        $this->execution->expectEnd();
        return Loop::until(fn(): bool => $this->execution->outcome() !== null, 0.0);
    }

    /**
     * Stops the task: who waits for it gets TaskCancelled at once.
     *
     * @param float $grace seconds that a running task has to notice ({@see Task::isCancelled()}) and return;
     *     then, or at once with 0, its worker is killed
     * @return bool false when it had ended before
     */
    public function cancel(float $grace = 0.0): bool
    {
        Seconds::grace($grace);
        return !$this->isDone() && $this->execution->cancel($grace);
    }

    /**
     * Sends a value to the task, which takes it by {@see Task::receive()}. Waits until the worker has it: until the task has
     * begun, and while sixteen values, or a mebibyte of them, wait to be taken.
     *
     * @param ?float $timeout seconds to wait, null for as long as it takes
     * @throws Exception\ClosureNotSerializable when it can't travel
     * @throws AwaitTimedOut when the time is over; the value may arrive all the same
     * @throws TaskException NOT_FOUND when the task has ended
     * @throws ConnectionException
     */
    public function send(mixed $value, ?float $timeout = null): void
    {
        $client = $this->execution->client();
        if ($client === null) {
            throw new LogicException("task {$this->id()} did not go to a daemon, and takes no values");
        }
        $client->sendValue($this->id(), $value, Seconds::toWait($timeout));
    }

    /**
     * Has the value handled, in this process, once it is there.
     *
     * @template V
     * @param callable(T): (V|self<V>) $onValue
     * @return self<V> of what the handler returns or throws; a failure passes it by
     */
    public function then(callable $onValue): self
    {
        $handler = static fn(Outcome $outcome): mixed => $onValue($outcome->get());
        return new self(new HandledExecution($this->execution, $handler));
    }

    /**
     * Has the failure handled, in this process, once it is there.
     *
     * @template V
     * @param callable(Throwable): (V|self<V>) $onFailure
     * @return self<T|V> of what the handler returns or throws; a value passes it by
     */
    public function catch(callable $onFailure): self
    {
        $handler = static function (Outcome $outcome) use ($onFailure): mixed {
            $failure = $outcome->exception();
            return $failure === null ? $outcome->get() : $onFailure($failure);
        };
        return new self(new HandledExecution($this->execution, $handler));
    }

    /**
     * Has something done, in this process, when the task has ended in either way.
     *
     * @param callable(): mixed $onEnd what it returns is ignored; what it throws is thrown
     * @return self<T>
     */
    public function finally(callable $onEnd): self
    {
        $handler = static function (Outcome $outcome) use ($onEnd): mixed {
            $onEnd();
            return $outcome->get();
        };
        return new self(new HandledExecution($this->execution, $handler));
    }

    /**
     * Calls the listener with the progress of the task: what it passes to {@see Task::progress()}, ten times a second at most.
     *
     * @param callable(?float, ?string): mixed $listener gets the fraction and the message
     * @return $this
     */
    public function onProgress(callable $listener): static
    {
        $this->execution->reports()->onProgress($listener(...));
        return $this;
    }

    /**
     * The values that the task passes to {@see Task::emit()}, as they come, until it ends. Each is given out once.
     *
     * @return Generator<int, mixed, void, void>
     * @throws Throwable behind the last value, when the task fails
     */
    public function stream(): Generator
    {
        $reports = $this->execution->reports();
        do {
            $outcome = null;
            Loop::until(function () use ($reports, &$outcome): bool {
                return !$reports->isEmpty() || ($outcome = $this->execution->outcome()) !== null;
            }, null);
            while (!$reports->isEmpty()) {
                yield $reports->next();
            }
        } while ($outcome === null);
        $this->execution->markAwaited();
        $outcome->get();
    }

    /** What the task printed; waits for its end. */
    public function output(): string
    {
        return $this->wait(null)->output();
    }

    /** What the worker measured, if it was asked to (`benchmark: true`); waits for the end of the task. */
    public function stats(): ?TaskStats
    {
        return $this->wait(null)->stats();
    }

    /** @internal whose future it is; null when the task did not go to a daemon */
    public function client(): ?Client
    {
        return $this->execution->client();
    }

    /** @internal */
    public function execution(): Execution
    {
        return $this->execution;
    }

    /**
     * Waits for all. The first failure is thrown as soon as it is there; the other tasks go on.
     *
     * @template K of array-key
     * @template V
     * @param iterable<K, self<V>> $futures
     * @return array<K, V> in the order of the futures
     * @throws Throwable
     */
    public static function all(iterable $futures): array
    {
        return (new FutureGroup(self::arrayOf($futures)))->values();
    }

    /**
     * Waits for the first that succeeds; the other tasks go on.
     *
     * @template V
     * @param iterable<array-key, self<V>> $futures at least one
     * @return V
     * @throws AllFailed when none does
     */
    public static function any(iterable $futures): mixed
    {
        $futures = self::atLeastOne($futures);
        $failures = [];
        foreach (self::iterate($futures) as $key => $future) {
            $failures[$key] = $future->execution->outcome()?->exception();
            if ($failures[$key] === null) {
                break;
            }
        }
        (new FutureGroup($futures))->markAwaited();
        $first = array_search(null, $failures, true);
        return $first === false ? throw new AllFailed($failures) : $futures[$first]->await();
    }

    /**
     * Waits for the first that ends, in whatever way; the other tasks go on.
     *
     * @template V
     * @param iterable<array-key, self<V>> $futures at least one
     * @return V
     * @throws Throwable when that one failed
     */
    public static function race(iterable $futures): mixed
    {
        $futures = self::atLeastOne($futures);
        foreach (self::iterate($futures) as $future) {
            (new FutureGroup($futures))->markAwaited();
            return $future->await();
        }
        throw new LogicException('no future has ended');
    }

    /**
     * Waits for all, whether they fail or not.
     *
     * @template K of array-key
     * @template V
     * @param iterable<K, self<V>> $futures
     * @return array<K, Settled<V>> in the order of the futures
     */
    public static function settled(iterable $futures): array
    {
        return (new FutureGroup(self::arrayOf($futures)))->settled();
    }

    /**
     * The futures in the order in which they end.
     *
     * @template K of array-key
     * @template V
     * @param iterable<K, self<V>> $futures
     * @return Generator<K, self<V>, void, void>
     */
    public static function iterate(iterable $futures): Generator
    {
        $futures = self::arrayOf($futures);
        $ended = new SplQueue();
        $listeners = [];
        try {
            foreach ($futures as $key => $future) {
                $listeners[$key] = static fn() => $ended->enqueue($key);
                $future->execution->whenDone($listeners[$key]);
            }
            for ($left = count($futures); $left > 0; $left--) {
                Loop::until(static fn(): bool => !$ended->isEmpty(), null);
                $key = $ended->dequeue();
                unset($listeners[$key]);
                yield $key => $futures[$key];
            }
        } finally {
            // those that have not ended may be waited for again and again
            foreach ($listeners as $key => $listener) {
                $futures[$key]->execution->forget($listener);
            }
        }
    }

    private function wait(?float $timeout): Outcome
    {
        $outcome = null;
        $this->execution->expectEnd();
        Loop::until(function () use (&$outcome): bool {
            return ($outcome = $this->execution->outcome()) !== null;
        }, $timeout);
        return $outcome ?? throw new AwaitTimedOut("task {$this->id()} is not done after $timeout seconds");
    }

    /**
     * @template K of array-key
     * @template V
     * @param iterable<K, self<V>> $futures
     * @return array<K, self<V>>
     */
    private static function arrayOf(iterable $futures): array
    {
        return is_array($futures) ? $futures : Keys::unique($futures, 'the futures');
    }

    /**
     * @template V
     * @param iterable<array-key, self<V>> $futures
     * @return non-empty-array<array-key, self<V>>
     */
    private static function atLeastOne(iterable $futures): array
    {
        $futures = self::arrayOf($futures);
        return $futures !== [] ? $futures : throw new InvalidArgumentException('there is no future to wait for');
    }
}
