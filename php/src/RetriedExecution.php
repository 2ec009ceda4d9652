<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\TaskException;
use Closure;
use LogicException;
use Throwable;

/**
 * A task that is submitted again when it fails, as a {@see Retry} says. Its outcome is that of the last try.
 *
 * @internal
 */
final class RetriedExecution implements Execution
{
    use BoundToProcess;

    private ?Outcome $outcome = null;

    private bool $isAwaited = false;

    private bool $isGivenUp = false;

    private int $tries = 1;

    /** @var array<int, Closure(): void> by object id */
    private array $listeners = [];

    /**
     * @param Execution $current the first try
     * @param Closure(int): Execution $submit submits it once more; gets which try that is
     */
    public function __construct(
        private Execution $current,
        private readonly Retry $retry,
        private readonly Closure $submit,
    ) {
        $this->follow();
    }

    public function __destruct()
    {
        if (!$this->isAwaited && $this->outcome !== null) {
            $this->unhandled()?->report($this->outcome->exception());
        }
    }

    public function id(): string
    {
        return $this->current->id();
    }

    public function outcome(): ?Outcome
    {
        return $this->outcome;
    }

    public function whenDone(Closure $listener): void
    {
        $id = spl_object_id($listener);
        $this->listeners[$id] = $listener; // first: see Exchange
        if ($this->outcome !== null && isset($this->listeners[$id])) {
            unset($this->listeners[$id]);
            $listener();
        }
    }

    public function forget(Closure $listener): void
    {
        unset($this->listeners[spl_object_id($listener)]);
    }

    public function expectEnd(): void
    {
        $this->current->expectEnd();
    }

    public function markAwaited(): void
    {
        $this->isAwaited = true;
    }

    public function unhandled(): ?Unhandled
    {
        return $this->current->unhandled();
    }

    public function reports(): Reports
    {
        return $this->current->reports();
    }

    public function cancel(float $grace): bool
    {
        if ($this->outcome !== null) {
            return false;
        }
        $this->isGivenUp = true;
        if ($this->current->outcome() === null) {
            return $this->current->cancel($grace);
        }
        $this->giveUp();
        return true;
    }

    /** It is not to be tried again; one that waits for its next try has been cancelled. */
    public function giveUp(): void
    {
        $this->isGivenUp = true;
        if ($this->outcome === null && $this->current->outcome() !== null) {
            $this->settle(Outcome::failure(TaskException::of([
                'task_id' => $this->id(),
                'error' => 'task was cancelled before it was tried again',
                'error_code' => 'CANCELLED',
            ])));
        }
    }

    public function client(): ?Client
    {
        return $this->current->client();
    }

    private function follow(): void
    {
        $this->current->markAwaited();
        $this->current->whenDone(function (): void {
            $outcome = $this->current->outcome() ?? throw new LogicException('done without an outcome');
            $this->onEnd($outcome);
        });
    }

    private function onEnd(Outcome $outcome): void
    {
        $failure = $outcome->exception();
        if ($failure === null || $this->isGivenUp || !$this->retry->isFor($failure, $this->tries)) {
            $this->settle($outcome);
            return;
        }
        Loop::after($this->retry->delayAfter($this->tries, $failure), function (): void {
            $this->again();
        });
    }

    private function again(): void
    {
        if ($this->outcome !== null) {
            return; // given up meanwhile
        }
        try {
            $this->current = ($this->submit)(++$this->tries);
        } catch (Throwable $e) {
            $this->settle(Outcome::failure($e));
            return;
        }
        $this->follow();
    }

    private function settle(Outcome $outcome): void
    {
        $this->outcome = $outcome;
        $listeners = $this->listeners;
        $this->listeners = [];
        foreach ($listeners as $listener) {
            Loop::later($listener);
        }
    }
}
