<?php

declare(strict_types=1);

namespace B7s\Parallite;

use Closure;
use SplQueue;
use Throwable;

/**
 * A task that has ended in this process: run in place of a daemon's worker, or never run but made up.
 *
 * @internal
 */
final class LocalExecution implements Execution
{
    use BoundToProcess;

    private readonly Reports $reports;

    private bool $isAwaited = false;

    /** @param ?Unhandled $unhandled reports a failure that is not awaited */
    public function __construct(
        private readonly string $id,
        private readonly Outcome $outcome,
        ?Reports $reports = null,
        private readonly ?Unhandled $unhandled = null,
    ) {
        $this->reports = $reports ?? new Reports();
    }

    public function __destruct()
    {
        if ($this->unhandled !== null && !$this->isAwaited) {
            $this->unhandled->report($this->outcome->exception());
        }
    }

    /**
     * Runs a task here and now, catching what it throws and prints.
     *
     * @param array<array-key, mixed> $args
     * @param ?float $timeout seconds, see {@see TimeLimit}
     * @param ?SplQueue<mixed> $sent what the task is to receive
     * @param ?string $traceparent well-formed
     */
    public static function run(
        string $id,
        callable $task,
        array $args,
        ?float $timeout = null,
        ?Unhandled $unhandled = null,
        ?SplQueue $sent = null,
        ?string $traceparent = null,
    ): self {
        $reports = new Reports();
        $reports->receiveFrom($sent);
        $reports->runHere($id, $timeout, $traceparent);
        $context = Task::bind($reports);
        ob_start();
        $level = ob_get_level();
        $value = null;
        try {
            $value = TimeLimit::run($timeout, $id, static fn(): mixed => $task(...$args));
        } catch (Throwable $e) {
            $failure = $e;
        } finally {
            Task::bind($context);
            while (ob_get_level() > $level) {
                ob_end_flush();
            }
            $output = ob_get_level() === $level ? (string) ob_get_clean() : '';
        }
        $outcome = isset($failure) ? Outcome::failure($failure, $output) : Outcome::value($value, $output);
        return new self($id, $outcome, $reports, $unhandled);
    }

    public function id(): string
    {
        return $this->id;
    }

    public function outcome(): Outcome
    {
        return $this->outcome;
    }

    public function whenDone(Closure $listener): void
    {
        $listener();
    }

    public function forget(Closure $listener): void
    {
    }

    public function expectEnd(): void
    {
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
        return $this->reports;
    }

    public function cancel(float $grace): bool
    {
        return false;
    }

    public function client(): null
    {
        return null;
    }
}
