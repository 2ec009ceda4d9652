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

    /** Tasks after the last prefetched one for which the daemon is taken to be busy still. */
    private const BUSY_FOR = 4;

    /** No word about the running task is longer, but for messages. */
    private const WORD_LIMIT = 2_048;

    /** @var list<string> frames that came while a task ran, and are no word about it */
    private array $early = [];

    private ?NextTasks $nextTasks = null;

    private ?string $taken = null;

    private int $sinceTaken = self::BUSY_FOR;

    private ?string $cancelled = null;

    private ?string $followed = null;

    /** @var list<array<array-key, mixed>> those sent to the running task that it has not taken */
    private array $messages = [];

    private int $lookedAt = 0;

    private bool $isClosed = false;

    public function __construct(
        private readonly Channel $channel,
        private readonly Encodings $encodings,
    ) {
    }

    /** Takes prefetched tasks from there, too. */
    public function prefetchFrom(NextTasks $nextTasks): void
    {
        $this->nextTasks = $nextTasks;
    }

    /** The next frame's body, or null when the daemon has gone. */
    public function next(): ?string
    {
        $this->cancelled = $this->followed = null;
        $this->messages = [];
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

    /**
     * The next message to the running task; null when none has come in time, the task is cancelled, or the daemon has gone.
     *
     * @param ?float $timeout seconds; null for as long as it takes
     * @return array<array-key, mixed>|null
     */
    public function message(string $taskId, ?float $timeout): ?array
    {
        $until = $timeout === null ? null : hrtime(true) / 1e9 + $timeout;
        $this->takeIn(0.0);
        while ($this->messages === [] && $this->cancelled !== $taskId && !$this->isClosed) {
            $left = $until === null ? null : $until - hrtime(true) / 1e9;
            if ($left !== null && $left <= 0) {
                return null;
            }
            $this->takeIn($left);
        }
        $message = array_shift($this->messages);
        return $message === null || ($message['to'] ?? null) === $taskId ? $message : $this->message($taskId, $timeout);
    }

    private function look(): void
    {
        $now = hrtime(true);
        if (!$this->isClosed && $now - $this->lookedAt >= self::INTERVAL) {
            $this->lookedAt = $now;
            $this->takeIn(0.0);
        }
    }

    /** @param ?float $timeout seconds to wait for the first frame, null for as long as it takes; a signal ends the waiting */
    private function takeIn(?float $timeout): void
    {
        for (; ($body = $this->channel->poll($timeout)) !== null; $timeout = 0.0) {
            $this->sort($body);
        }
        $this->isClosed = $this->channel->isClosed();
    }

    private function sort(string $body): void
    {
        $word = $this->wordIn($body);
        match ($word['type'] ?? null) {
            'send' => $this->messages[] = $word,
            'cancel' => $this->cancelled = self::taskOf($word),
            'follow' => $this->followed = self::taskOf($word),
            default => $this->early[] = $body,
        };
    }

    /** @return array<array-key, mixed> empty when it is none */
    private function wordIn(string $body): array
    {
        $isWord = strlen($body) <= self::WORD_LIMIT && (str_contains($body, 'cancel') || str_contains($body, 'follow'));
        if (!$isWord && !str_contains($body, 'send')) {
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
        return isset($word['task_id']) && is_string($word['task_id']) ? $word['task_id'] : null;
    }
}
