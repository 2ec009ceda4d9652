<?php

declare(strict_types=1);

namespace B7s\Parallite;

/**
 * Tasks that run at the same time, up to a number; they are taken out as they finish.
 *
 * @internal
 */
final class Window
{
    /** @var array<int, mixed> */
    private array $keys = [];

    /** @var array<int, Future<mixed>> */
    private array $futures = [];

    /** @var \SplQueue<int> */
    private readonly \SplQueue $ended;

    private int $count = 0;

    public function __construct(private readonly int $size)
    {
        $this->ended = new \SplQueue();
    }

    /** The failures of those that nobody takes out any more, because one has failed before, are nobody's business. */
    public function abandon(): void
    {
        foreach ($this->futures as $future) {
            $future->execution()->markAwaited();
        }
    }

    /** How many more tasks may be added. */
    public function room(): int
    {
        return $this->size - count($this->futures);
    }

    public function isEmpty(): bool
    {
        return $this->futures === [];
    }

    /** Whether one can be taken out without waiting. */
    public function hasEnded(): bool
    {
        return !$this->ended->isEmpty();
    }

    /** @param Future<mixed> $future */
    public function add(mixed $key, Future $future): void
    {
        $number = $this->count++;
        [$this->keys[$number], $this->futures[$number]] = [$key, $future];
        $future->execution()->whenDone(function () use ($number): void {
            $this->ended->enqueue($number);
        });
    }

    /**
     * Takes out a task that has finished; waits for one if need be.
     *
     * @return array{mixed, Future<mixed>} what it was added with
     */
    public function take(): array
    {
        Loop::until($this->hasEnded(...), null);
        $number = $this->ended->dequeue();
        $taken = [$this->keys[$number], $this->futures[$number]];
        unset($this->keys[$number], $this->futures[$number]);
        return $taken;
    }
}
