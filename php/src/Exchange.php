<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\ConnectionException;
use Closure;
use Throwable;

/**
 * A request that was sent, the events that came ahead of its reply, and the reply.
 *
 * @internal
 */
final class Exchange
{
    private ?Outcome $outcome = null;

    /** @var array<array-key, mixed>|null */
    private ?array $reply = null;

    private ?ConnectionException $failure = null;

    private bool $isAwaited = false;

    /** @var array<int, Closure(): void> by object id */
    private array $listeners = [];

    /**
     * @param string $kind what was asked about the task: only requests of the same kind get the same reply
     * @param ?Origin $origin where the task was submitted
     * @param ?Unhandled $unhandled reports a failure of the task that is not awaited
     * @param ?ValueReader $values rebuilds what is in the reply
     */
    public function __construct(
        public readonly string $kind,
        private readonly ?Reports $reports = null,
        private readonly ?Origin $origin = null,
        private readonly ?Unhandled $unhandled = null,
        private readonly ?ValueReader $values = null,
    ) {
    }

    public function __destruct()
    {
        if ($this->unhandled === null || $this->isAwaited || !$this->isDone()) {
            return;
        }
        if ($this->failure !== null || ($this->reply['ok'] ?? false) !== true) {
            $failure = $this->outcome()?->exception();
            $this->unhandled->report($failure);
        }
    }

    public function sentOver(Connection $connection, string $id): void
    {
        $this->reports?->comeOver($connection, $id);
    }

    /** @param array<array-key, mixed> $reply */
    public function complete(array $reply): void
    {
        $this->reply = $reply;
        $this->settle();
    }

    /** @param bool $isMeant whether the program itself has given up the reply */
    public function fail(ConnectionException $failure, bool $isMeant = false): void
    {
        $this->failure = $failure;
        if ($isMeant) {
            $this->unhandled?->ignore($failure);
        }
        $this->settle();
    }

    /** @param array<array-key, mixed> $event */
    public function report(array $event): void
    {
        $this->reports?->take($event);
    }

    public function isDone(): bool
    {
        return $this->reply !== null || $this->failure !== null;
    }

    /** Why there will be no reply. */
    public function failure(): ?ConnectionException
    {
        return $this->failure;
    }

    /** From now on, its failure is somebody's business. */
    public function markAwaited(): void
    {
        $this->isAwaited = true;
    }

    /** What came out of the task, if the reply is the task's; null while it isn't there. */
    public function outcome(): ?Outcome
    {
        if ($this->outcome === null && $this->isDone()) {
            $reply = $this->reply ?? [];
            $this->outcome = $this->failure === null
                ? Outcome::ofReply($reply, $this->origin, $this->values)
                : Outcome::failure($this->failure);
        }
        return $this->outcome;
    }

    public function unhandled(): ?Unhandled
    {
        return $this->unhandled;
    }

    /**
     * The reply; waits for it.
     *
     * @return array<array-key, mixed>
     * @throws ConnectionException when the connection was lost before
     * @throws Throwable what a handler of a signal throws
     */
    public function reply(): array
    {
        Loop::until($this->isDone(...), null);
        return $this->reply ?? throw $this->failure ?? new ConnectionException('the connection was lost');
    }

    /** @param Closure(): void $listener called when the reply is there, or won't come: at once if that is so now */
    public function whenDone(Closure $listener): void
    {
        $id = spl_object_id($listener);
        $this->listeners[$id] = $listener; // first: a handler of a signal may wait, and take the reply in, at any point
        if ($this->isDone() && isset($this->listeners[$id])) {
            unset($this->listeners[$id]);
            $listener();
        }
    }

    /** @param Closure(): void $listener is no longer to be called */
    public function forget(Closure $listener): void
    {
        unset($this->listeners[spl_object_id($listener)]);
    }

    private function settle(): void
    {
        $this->reports?->end();
        $listeners = $this->listeners;
        $this->listeners = [];
        foreach ($listeners as $listener) {
            Loop::later($listener);
        }
    }
}
