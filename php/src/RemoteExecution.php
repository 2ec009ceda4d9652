<?php

declare(strict_types=1);

namespace B7s\Parallite;

use Closure;

/**
 * A task of the daemon's: submitted by this client, or known by its id only.
 *
 * @internal
 */
final class RemoteExecution implements Execution
{
    use BoundToProcess {
        __clone as private refuse;
    }

    private ?Outcome $outcome = null;

    private ?Reports $reports;

    /**
     * @param ?Exchange $exchange from which the task's reply will come; none: the daemon has yet to be asked for it
     * @param ?Reports $reports if the task was submitted to tell it
     */
    public function __construct(
        private readonly Client $client,
        private readonly string $id,
        private ?Exchange $exchange,
        ?Reports $reports = null,
        private readonly bool $isDetached = false,
    ) {
        $this->reports = $reports;
    }

    /** @throws \Error always */
    public function __clone()
    {
        $this->reports = null; // the end of the copy, of which there is no way to stop the making, is not theirs
        $this->refuse();
    }

    public function __destruct()
    {
        if ($this->outcome === null) {
            $this->reports?->abandon();
        }
    }

    public function id(): string
    {
        return $this->id;
    }

    public function outcome(): ?Outcome
    {
        if ($this->outcome !== null) {
            return $this->outcome;
        }
        $exchange = $this->exchange();
        $outcome = $exchange->outcome();
        if ($outcome !== null && $this->isDetached && $exchange->failure() !== null) {
            $exchange->markAwaited();
            $this->exchange = null; // that was no answer of the task's: the next await asks again
            return $outcome;
        }
        return $this->outcome = $outcome;
    }

    public function expectEnd(): void
    {
        $this->reports?->expectEnd();
    }

    public function whenDone(Closure $listener): void
    {
        $this->expectEnd();
        $this->exchange()->whenDone($listener);
    }

    public function forget(Closure $listener): void
    {
        $this->exchange?->forget($listener);
    }

    public function markAwaited(): void
    {
        $this->exchange?->markAwaited();
    }

    public function unhandled(): ?Unhandled
    {
        return $this->exchange?->unhandled();
    }

    public function hasReports(): bool
    {
        return $this->reports !== null;
    }

    public function reports(): Reports
    {
        if ($this->reports === null) {
            $this->reports = $this->client->reports();
            if ($this->outcome === null) {
                $isAwaited = $this->exchange !== null;
                $exchange = $this->client->sendForTask('tail', $this->id, $this->reports);
                if (!$isAwaited) {
                    $this->exchange = $exchange;
                }
            }
        }
        return $this->reports;
    }

    public function cancel(float $grace): bool
    {
        return ($this->exchange === null || !$this->exchange->isDone()) && $this->client->cancel($this->id, $grace);
    }

    public function client(): Client
    {
        return $this->client;
    }

    private function exchange(): Exchange
    {
        return $this->exchange ??= $this->client->sendForTask('await', $this->id);
    }
}
