<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Wire\Encodings;
use B7s\Parallite\Wire\MalformedBody;

/**
 * What the daemon sends: tasks, one after the other, and while one runs maybe word that it is cancelled, or
 * that somebody follows it.
 */
final class Inbox
{
    /** Nanoseconds within which a task that asks again and again gets the same answer. */
    private const INTERVAL = 1_000_000;

    /** Tasks after the last one that lay ready for which the daemon is taken to be busy still. */
    private const BUSY_FOR = 4;

    /** No word about the running task is longer. */
    private const WORD_LIMIT = 2_048;

    /** @var list<string> frames that came while a task ran, and are no word about it */
    private array $early = [];

    private ?NextTasks $nextTasks = null;

    private ?string $taken = null;

    private int $sinceTaken = self::BUSY_FOR;

    private ?string $cancelled = null;

    private ?string $followed = null;

    private int $lookedAt = 0;

    private bool $isClosed = false;

    public function __construct(
        private readonly Channel $channel,
        private readonly Encodings $encodings,
    ) {
    }

    /** Takes tasks that lie ready from there, too. */
    public function prefetchFrom(NextTasks $nextTasks): void
    {
        $this->nextTasks = $nextTasks;
    }

    /** The next frame's body, or null when the daemon has gone. */
    public function next(): ?string
    {
        $this->cancelled = $this->followed = null;
        if ($this->taken !== null) {
            [$body, $this->taken, $this->sinceTaken] = [$this->taken, null, 0];
            return $body;
        }
        $arrival = ++$this->sinceTaken <= self::BUSY_FOR ? Arrival::Soon : Arrival::Any;
        return $this->early === [] ? $this->channel->read($arrival) : array_shift($this->early);
    }

    /**
     * Takes the task that comes after the present one, if it is there. To be asked when that is done and its reply
     * not sent: the reply tells the daemon what to do next.
     */
    public function takeNext(): bool
    {
        $this->taken = $this->nextTasks?->take();
        return $this->taken !== null;
    }

    /**
     * Takes no further task, and tells the daemon of each that has come already that it was not begun.
     *
     * @throws ChannelClosed when the daemon has gone
     */
    public function close(): void
    {
        $unread = [...$this->early, ...$this->channel->close()];
        $this->early = [];
        if ($this->taken !== null) {
            [$unread[], $this->taken] = [$this->taken, null];
        }
        foreach ($unread as $body) {
            $encoding = $this->encodings->of($body);
            $request = $encoding->decode($body);
            if (($request['type'] ?? 'submit') === 'submit') {
                $returned = ['task_id' => $request['task_id'] ?? null, 'event' => 'returned'];
                $this->channel->write($encoding->encode($returned));
            }
        }
    }

    /**
     * Whether the daemon wants the running task to stop, or has gone, so that nobody waits for it. Never blocks.
     */
    public function isCancelled(string $taskId): bool
    {
        if ($this->cancelled === $taskId || $this->isClosed) {
            return true;
        }
        $this->look();
        return $this->cancelled === $taskId || $this->isClosed;
    }

    /** Whether somebody has begun to follow the running task since this was last asked. Never blocks. */
    public function isFollowedAnew(string $taskId): bool
    {
        $this->look();
        $isFollowed = $this->followed === $taskId;
        $this->followed = null;
        return $isFollowed;
    }

    private function look(): void
    {
        $now = hrtime(true);
        if ($this->isClosed || $now - $this->lookedAt < self::INTERVAL) {
            return;
        }
        $this->lookedAt = $now;
        while (($body = $this->channel->poll()) !== null) {
            $this->sort($body);
        }
        $this->isClosed = $this->channel->isClosed();
    }

    private function sort(string $body): void
    {
        $word = strlen($body) <= self::WORD_LIMIT ? $this->wordIn($body) : [];
        match ($word['type'] ?? null) {
            'cancel' => $this->cancelled = self::taskOf($word),
            'follow' => $this->followed = self::taskOf($word),
            default => $this->early[] = $body,
        };
    }

    /** @return array<array-key, mixed> empty when it is none */
    private function wordIn(string $body): array
    {
        if (!str_contains($body, 'cancel') && !str_contains($body, 'follow')) {
            return [];
        }
        try {
            return $this->encodings->of($body)->decode($body);
        } catch (MalformedBody) {
            return [];
        }
    }

    /** @param array<array-key, mixed> $word */
    private static function taskOf(array $word): ?string
    {
        return is_string($word['task_id'] ?? null) ? $word['task_id'] : null;
    }
}
