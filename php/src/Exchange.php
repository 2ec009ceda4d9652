<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\ConnectionException;
use Closure;

/**
 * A request that was sent, the events that came ahead of its reply, and the reply.
 *
 * @internal
 */
final class Exchange
{
    /** @var array<array-key, mixed>|null */
    private ?array $reply = null;

    private ?ConnectionException $failure = null;

    /** @var list<Closure(): void> */
    private array $listeners = [];

    /** @param int $bytes length of the request */
    public function __construct(public readonly int $bytes, private readonly ?Reports $reports = null)
    {
    }

    /** @param array<array-key, mixed> $reply */
    public function complete(array $reply): void
    {
        $this->reply = $reply;
        $this->settle();
    }

    public function fail(ConnectionException $failure): void
    {
        $this->failure = $failure;
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

    /**
     * The reply; waits for it.
     *
     * @return array<array-key, mixed>
     * @throws ConnectionException when the connection was lost before
     */
    public function reply(): array
    {
        Loop::until($this->isDone(...), null);
        return $this->reply ?? throw $this->failure ?? new ConnectionException('the connection was lost');
    }

    /** @param Closure(): void $listener called when the reply is there, or won't come: at once if that is so now */
    public function whenDone(Closure $listener): void
    {
        if ($this->isDone()) {
            $listener();
        } else {
            $this->listeners[] = $listener;
        }
    }

    private function settle(): void
    {
        foreach ($this->listeners as $listener) {
            Loop::later($listener);
        }
        $this->listeners = [];
    }
}
