<?php

declare(strict_types=1);

namespace Parallite;

use Closure;
use Throwable;

/**
 * A task that runs in a worker from the moment the promise is made, and what is to be done with its result.
 *
 * Handlers run in this process, in the order in which they were added, when the promise is resolved; those
 * of finally() after all others. A promise that is resolved again gives the same answer, and runs nothing twice.
 *
 * @template TReturn
 */
final class Promise
{
    /** @var array{task_id: string, socket: mixed, benchmark?: array<string, mixed>}|null */
    private ?array $future = null;

    /** @var list<array{bool, Closure}> then (true) and catch (false), still to be run */
    private array $handlers = [];

    /** @var list<Closure> */
    private array $lastHandlers = [];

    private bool $isSettled = false;

    private mixed $result = null;

    private ?Throwable $failure = null;

    private ?BenchmarkData $benchmark = null;

    /**
     * @param Closure(): TReturn $callback the task
     * @param bool $eager whether it starts now, or with {@see start()} or {@see resolve()}
     */
    public function __construct(
        private readonly ParalliteClient $client,
        private readonly Closure $callback,
        bool $eager = true,
    ) {
        if ($eager) {
            $this->start();
        }
    }

    /**
     * Waits for the result, after all handlers.
     *
     * @return TReturn
     */
    public function __invoke(): mixed
    {
        return $this->resolve();
    }

    /**
     * Starts the task, if it has not been started.
     *
     * @return array{task_id: string, socket: mixed, benchmark?: array<string, mixed>} its future
     */
    public function start(): array
    {
        return $this->future ??= $this->client->async($this->callback);
    }

    /** @return array{task_id: string, socket: mixed, benchmark?: array<string, mixed>} for {@see ParalliteClient::await()} */
    public function getFuture(): array
    {
        return $this->start();
    }

    /**
     * Waits for the result, after all handlers.
     *
     * @throws Throwable the failure of the task or of a handler, unless a catch() took care of it
     */
    public function resolve(): mixed
    {
        $this->start();
        if (!$this->isSettled) {
            $this->settle(fn(): mixed => $this->client->await($this->future));
            $this->isSettled = true;
            $benchmark = $this->future['benchmark'] ?? null;
            $this->benchmark = $benchmark === null ? null : BenchmarkData::fromArray($benchmark);
        }
        while (($handler = array_shift($this->handlers)) !== null) {
            $this->apply(...$handler);
        }
        while (($handler = array_shift($this->lastHandlers)) !== null) {
            $this->applyLast($handler);
        }
        return $this->failure === null ? $this->result : throw $this->failure;
    }

    /**
     * What to do with the result: the closure gets it, and returns what is the result from then on.
     *
     * @template TThenReturn
     * @param Closure(TReturn): TThenReturn $then
     * @return self<TThenReturn>
     */
    public function then(Closure $then): self
    {
        $this->handlers[] = [true, $then];
        return $this;
    }

    /**
     * What to do about a failure: the closure gets it, and returns the result in its place.
     *
     * @template TCatchReturn
     * @param Closure(Throwable): TCatchReturn $catch
     * @return self<TReturn|TCatchReturn>
     */
    public function catch(Closure $catch): self
    {
        $this->handlers[] = [false, $catch];
        return $this;
    }

    /**
     * What to do in any case, at last; what the closure returns is of no interest.
     *
     * @param Closure(): mixed $finally
     * @return self<TReturn>
     */
    public function finally(Closure $finally): self
    {
        $this->lastHandlers[] = $finally;
        return $this;
    }

    /** What the worker measured; null before the promise is resolved, or when nothing was measured. */
    public function getBenchmark(): ?BenchmarkData
    {
        return $this->benchmark;
    }

    private function apply(bool $isThen, Closure $handler): void
    {
        if ($isThen && $this->failure === null) {
            $this->settle(fn(): mixed => $handler($this->result));
        } elseif (!$isThen && $this->failure !== null) {
            $this->settle(fn(): mixed => $handler($this->failure));
        }
    }

    /** All of them run; the first exception that one throws is the promise's, unless it has failed already. */
    private function applyLast(Closure $handler): void
    {
        try {
            $handler();
        } catch (Throwable $e) {
            $this->failure ??= $e;
        }
    }

    private function settle(Closure $outcome): void
    {
        try {
            $this->result = $outcome();
            $this->failure = null;
        } catch (Throwable $e) {
            $this->failure = $e;
        }
    }
}
