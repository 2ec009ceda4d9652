<?php

declare(strict_types=1);

namespace B7s\Parallite;

use Closure;
use LogicException;
use Throwable;

/**
 * What a handler makes of another execution's outcome, once that is known.
 *
 * When it has ended it no longer refers to the other one: in a long chain each would keep all before it, and the last
 * one would free them in a recursion as deep as the chain.
 *
 * @internal
 */
final class HandledExecution implements Execution
{
    use BoundToProcess;

    private ?Outcome $outcome = null;

    private bool $isAwaited = false;

    /** @var array<int, Closure(): void> by object id */
    private array $listeners = [];

    /** What the task, or the one whose future the handler returned, is to be cancelled by; null when it has ended. */
    private ?Execution $source;

    private string $id;

    private readonly ?Unhandled $unhandled;

    /** Once the source has ended and been forgotten. */
    private ?Reports $reports = null;

    private ?Client $client = null;

    /** @param Closure(Outcome): mixed $handler its value, or the outcome of the future that it returns, comes out */
    public function __construct(Execution $source, Closure $handler)
    {
        $this->source = $source;
        $this->id = $source->id();
        $this->unhandled = $source->unhandled();
        Signals::hold();
        try {
            $source->markAwaited();
            $source->whenDone(function () use ($source, $handler): void {
                $outcome = $source->outcome() ?? throw new LogicException('done without an outcome');
                $this->handle($outcome, $handler);
            });
        } finally {
            Signals::release();
        }
    }

    public function __destruct()
    {
        if ($this->unhandled !== null && !$this->isAwaited && $this->outcome !== null) {
            $this->unhandled->report($this->outcome->exception());
        }
    }

    public function id(): string
    {
        return $this->id;
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
        $this->root()?->expectEnd();
    }

    public function markAwaited(): void
    {
        $this->isAwaited = true;
    }

    public function unhandled(): ?Unhandled
    {
        return $this->unhandled;
    }

    public function reports(): Reports
    {
        return $this->reports ?? $this->root()?->reports() ?? new Reports();
    }

    public function cancel(float $grace): bool
    {
        return $this->outcome === null && ($this->root()?->cancel($grace) ?? false);
    }

    public function client(): ?Client
    {
        return $this->client ?? $this->root()?->client();
    }

    /** The execution at the beginning of the chain that has not ended; not by recursion, chains may be long. */
    private function root(): ?Execution
    {
        $root = $this->source;
        while ($root instanceof self && $root->source !== null) {
            $root = $root->source;
        }
        return $root;
    }

    private function handle(Outcome $outcome, Closure $handler): void
    {
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
    }

    private function follow(Execution $next): void
    {
        $this->source = $next;
        $this->id = $next->id();
        $next->markAwaited();
        $next->whenDone(function () use ($next): void {
            $outcome = $next->outcome() ?? throw new LogicException('done without an outcome');
            $this->settle($outcome);
        });
    }

    private function settle(Outcome $outcome): void
    {
        $this->outcome = $outcome;
        $source = $this->source;
        if ($source !== null) {
            // what can still be asked of it
            $this->client = $source->client();
            $this->reports = self::reportsOf($source);
            $this->source = null;
        }
        $listeners = $this->listeners;
        $this->listeners = [];
        foreach ($listeners as $listener) {
            Loop::later($listener);
        }
    }

    /** What is known of a task that has ended, without asking for it. */
    private static function reportsOf(Execution $ended): ?Reports
    {
        return match (true) {
            $ended instanceof self => $ended->reports,
            $ended instanceof RemoteExecution && !$ended->hasReports() => null,
            default => $ended->reports(),
        };
    }
}
