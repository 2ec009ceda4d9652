<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Wire\Encodings;
use B7s\Parallite\Wire\MalformedBody;

/**
 * What the daemon sends: tasks, one after the other, and while one runs maybe word that it is cancelled.
 */
final class Inbox
{
    /** Nanoseconds within which a task that asks again and again gets the same answer. */
    private const INTERVAL = 1_000_000;

    /** No frame that cancels a task is longer. */
    private const CANCEL_LIMIT = 2_048;

    /** @var list<string> frames that came while a task ran, and do not cancel it */
    private array $early = [];

    private ?string $cancelled = null;

    private int $lookedAt = 0;

    private bool $isClosed = false;

    public function __construct(private readonly Channel $channel, private readonly Encodings $encodings)
    {
    }

    /** The next frame's body, or null when the daemon has gone. */
    public function next(): ?string
    {
        $this->cancelled = null;
        return $this->early === [] ? $this->channel->read() : array_shift($this->early);
    }

    /**
     * Whether the daemon wants the running task to stop, or has gone, so that nobody waits for it. Never blocks.
     */
    public function isCancelled(string $taskId): bool
    {
        if ($this->cancelled === $taskId || $this->isClosed) {
            return true;
        }
        $now = hrtime(true);
        if ($now - $this->lookedAt < self::INTERVAL) {
            return false;
        }
        $this->lookedAt = $now;
        while (($body = $this->channel->poll()) !== null) {
            $this->sort($body);
        }
        $this->isClosed = $this->channel->isClosed();
        return $this->cancelled === $taskId || $this->isClosed;
    }

    private function sort(string $body): void
    {
        if (strlen($body) <= self::CANCEL_LIMIT && str_contains($body, 'cancel')) {
            try {
                $map = $this->encodings->of($body)->decode($body);
            } catch (MalformedBody) {
                $map = [];
            }
            if (($map['type'] ?? null) === 'cancel') {
                $this->cancelled = is_string($map['task_id'] ?? null) ? $map['task_id'] : null;
                return;
            }
        }
        $this->early[] = $body;
    }
}
