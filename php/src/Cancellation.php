<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\TaskCancelled;
use B7s\Parallite\Exception\TaskException;
use WeakMap;
use WeakReference;

/**
 * A request to stop, for all tasks that were submitted with it: `run(…, cancellation: $cancellation)`. Who waits for them
 * gets {@see TaskCancelled}, and no more are sent. It can be requested by a handler of a signal, or a handler of a future.
 */
final class Cancellation
{
    use BoundToProcess;

    /** How long running tasks may take to end by themselves, by default, in seconds. */
    public const GRACE = 0.5;

    private bool $isRequested = false;

    /** @var WeakMap<Execution, true> */
    private WeakMap $executions;

    /** @var list<WeakReference<self>> */
    private array $children = [];

    /** @param ?self $parent by which this one is requested, too */
    public function __construct(?self $parent = null)
    {
        $this->executions = new WeakMap();
        if ($parent !== null) {
            $parent->children[] = WeakReference::create($this);
            $this->isRequested = $parent->isRequested;
        }
    }

    /**
     * Cancels the tasks, those that follow included, without waiting.
     *
     * @param float $grace seconds that running tasks have to end by themselves ({@see Task::isCancelled()})
     */
    public function cancel(float $grace = self::GRACE): void
    {
        Seconds::grace($grace);
        if ($this->isRequested) {
            return;
        }
        $this->isRequested = true;
        $running = [];
        foreach ($this->executions as $execution => $_) {
            $running[] = $execution;
        }
        foreach ($running as $execution) {
            $execution->client()?->cancelAll([$execution], $grace);
        }
        foreach ($this->children as $child) {
            $child->get()?->cancel($grace);
        }
    }

    public function isRequested(): bool
    {
        return $this->isRequested;
    }

    /** @throws TaskCancelled when it is requested */
    public function throwIfRequested(): void
    {
        if ($this->isRequested) {
            throw self::failure();
        }
    }

    /** @internal */
    public function watch(Execution $execution): void
    {
        $this->executions[$execution] = true;
    }

    /** @internal the failure of a task that was cancelled before it was sent */
    public static function failure(): TaskException
    {
        return TaskException::of(['error' => 'task was cancelled before it was sent', 'error_code' => 'CANCELLED']);
    }
}
