<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\TaskCancelled;
use Closure;
use Throwable;

/**
 * Tasks that live no longer than a block of the program: {@see ClientInterface::scope()}. The first failure of one of them,
 * and the end of the block in whatever way, cancels the others.
 */
final class Scope
{
    /** Requested by the first failure and by the end; for `cancellation:` of maps and other calls in the block. */
    public readonly Cancellation $cancellation;

    private ?Throwable $failure = null;

    private bool $isOver = false;

    /** @internal use {@see ClientInterface::scope()} */
    public function __construct(private readonly ClientInterface $client, ?Cancellation $parent)
    {
        $this->cancellation = new Cancellation($parent);
    }

    /**
     * Sends a task and returns at once.
     *
     * @template T
     * @param (callable(mixed...): T)|string $task
     * @param array<array-key, mixed> $args by position or by name
     * @param ?float $timeout {@see ClientInterface::submit()}, as are the others
     * @param 'high'|'normal'|'low' $priority
     * @return Future<T>
     */
    public function submit(
        callable|string $task,
        array $args = [],
        ?float $timeout = null,
        ?bool $isolate = false,
        string $priority = 'normal',
        ?float $queueTimeout = null,
        ?Retry $retry = null,
        ?string $pool = null,
    ): Future {
        $future = $this->client->submit(
            $task,
            $args,
            $timeout,
            stream: false,
            isolate: $isolate,
            priority: $priority,
            queueTimeout: $queueTimeout,
            retry: $retry,
            cancellation: $this->cancellation,
            pool: $pool,
        );
        $execution = $future->execution();
        $execution->markAwaited();
        $execution->whenDone(function () use ($execution): void {
            $failure = $this->isOver || $this->failure !== null ? null : $execution->outcome()?->exception();
            if ($failure !== null) {
                $this->failure = $failure;
                $this->cancellation->cancel();
            }
        });
        return $future;
    }

    /**
     * Runs the block.
     *
     * @internal
     * @template R
     * @param Closure(self): R $block
     * @return R
     * @throws Throwable what the block throws, else the first failure of a task
     */
    public function run(Closure $block): mixed
    {
        try {
            $result = $block($this);
        } catch (TaskCancelled $e) {
            throw $this->failure ?? $e; // which has had the others cancelled
        } finally {
            $this->isOver = true;
            $this->cancellation->cancel();
        }
        return $this->failure === null ? $result : throw $this->failure;
    }
}
