<?php

declare(strict_types=1);

namespace B7s\Parallite;

use Closure;
use Throwable;

/**
 * What a handler makes of another execution's outcome, once that is known.
 *
 * @internal
 */
final class HandledExecution implements Execution
{
    private ?Outcome $outcome = null;

    /** @var list<Closure(): void> */
    private array $listeners = [];

    /** What the task, or the one whose future the handler returned, is to be cancelled by. */
    private Execution $source;

    /** @param Closure(Outcome): mixed $handler its value, or the outcome of the future that it returns, comes out */
    public function __construct(Execution $source, Closure $handler)
    {
        $this->source = $source;
        $source->whenDone(function () use ($source, $handler): void {
            $outcome = $source->outcome() ?? throw new \LogicException('done without an outcome');
            try {
                $value = $handler($outcome);
            } catch (Throwable $e) {
                $this->settle(Outcome::failure($e, source: $outcome));
                return;
            }
            if ($value instanceof Future) {
                $this->follow($value->execution());
            } else {
                $this->settle(Outcome::value($value, source: $outcome));
            }
        });
    }

    public function id(): string
    {
        return $this->source->id();
    }

    public function outcome(): ?Outcome
    {
        return $this->outcome;
    }

    public function whenDone(Closure $listener): void
    {
        if ($this->outcome !== null) {
            $listener();
        } else {
            $this->listeners[] = $listener;
        }
    }

    public function reports(): Reports
    {
        return $this->source->reports();
    }

    public function cancel(float $grace): bool
    {
        return $this->outcome === null && $this->source->cancel($grace);
    }

    public function client(): ?Client
    {
        return $this->source->client();
    }

    private function follow(Execution $next): void
    {
        $this->source = $next;
        $next->whenDone(function () use ($next): void {
            $this->settle($next->outcome() ?? throw new \LogicException('done without an outcome'));
        });
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
