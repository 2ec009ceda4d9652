<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * Tells who follows the running command what it prints, piece by piece, each byte of a stream in its turn. When
 * a follower comes later, all output so far is sent once more, up to where the others are.
 */
final class OutputFeed
{
    /** Bytes that are sent at once. */
    private const MUCH = 16_384;

    /** Nanoseconds for which less may wait for more. */
    private const INTERVAL = 20_000_000;

    private bool $isFollowed;

    /** @var array<string, int> by stream, bytes that were sent */
    private array $sent = [];

    private int $sentAt = 0;

    public function __construct(private readonly TaskEvents $events)
    {
        $this->isFollowed = $events->wantsOutput();
    }

    /**
     * @param array<string, string> $texts by stream, all that was printed so far
     * @return bool whether something is held back for a moment
     */
    public function tell(array $texts): bool
    {
        if ($this->events->isFollowedAnew()) {
            $this->isFollowed = true;
            foreach ($this->sent as $stream => $sent) {
                $this->events->output($stream, 0, substr($texts[$stream], 0, $sent));
            }
        }
        if (!$this->isFollowed) {
            return false;
        }
        $unsent = array_sum(array_map(strlen(...), $texts)) - array_sum($this->sent);
        if ($unsent > 0 && $unsent < self::MUCH && hrtime(true) - $this->sentAt < self::INTERVAL) {
            return true;
        }
        if ($unsent > 0) {
            $this->tellWholeCharacters($texts);
        }
        return false;
    }

    /** @param array<string, string> $texts by stream, all that was printed */
    public function end(array $texts): void
    {
        if ($this->isFollowed) {
            $this->tellUntil(array_map(strlen(...), $texts), $texts);
        }
    }

    /**
     * A character of which only the beginning was read waits for the rest.
     *
     * @param array<string, string> $texts
     */
    private function tellWholeCharacters(array $texts): void
    {
        $this->tellUntil(array_map(static fn(string $text) => strlen($text) - Binary::begun($text), $texts), $texts);
        $this->sentAt = hrtime(true);
    }

    /**
     * @param array<string, int> $ends
     * @param array<string, string> $texts
     */
    private function tellUntil(array $ends, array $texts): void
    {
        foreach ($texts as $stream => $text) {
            $from = $this->sent[$stream] ?? 0;
            $to = max($from, $ends[$stream]);
            $this->events->output($stream, $from, substr($text, $from, $to - $from));
            $this->sent[$stream] = $to;
        }
    }
}
