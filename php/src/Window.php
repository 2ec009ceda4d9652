<?php

declare(strict_types=1);

namespace B7s\Parallite;

use Closure;
use Generator;
use SplQueue;
use Throwable;

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

    /** @var SplQueue<int> */
    private readonly SplQueue $ended;

    private int $count = 0;

    public function __construct(private readonly int $size)
    {
        $this->ended = new SplQueue();
    }

    /** How many more tasks may be added. */
    private function room(): int
    {
        return $this->size - count($this->futures);
    }

    /** Whether one can be taken out without waiting. */
    private function hasEnded(): bool
    {
        return !$this->ended->isEmpty();
    }

    /** @param Future<mixed> $future */
    private function add(mixed $key, Future $future): void
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
    private function take(): array
    {
        Loop::until($this->hasEnded(...), null);
        $number = $this->ended->dequeue();
        $taken = [$this->keys[$number], $this->futures[$number]];
        unset($this->keys[$number], $this->futures[$number]);
        return $taken;
    }

    /**
     * Submits a task for each item, as there is room, and gives their results as they come.
     *
     * @template K
     * @template V
     * @param iterable<K, V> $items
     * @param Closure(K, V, bool): Future<mixed> $submit is told whether another one follows at once
     * @param Closure(): mixed $flush sends what has been submitted
     * @return Generator<K, mixed, void, void>
     * @throws Throwable the first failure
     */
    public function map(iterable $items, Closure $submit, Closure $flush): Generator
    {
        try {
            foreach ($items as $key => $item) {
                $this->add($key, $submit($key, $item, $this->room() > 1));
                while ($this->hasEnded() || $this->room() === 0) {
                    $flush();
                    [$done, $future] = $this->take();
                    yield $done => $future->await();
                }
            }
            $flush();
            while ($this->futures !== []) {
                [$done, $future] = $this->take();
                yield $done => $future->await();
            }
        } finally {
            // the failures of those that nobody takes out any more, because one has failed before, are nobody's business
            foreach ($this->futures as $future) {
                $future->execution()->markAwaited();
            }
        }
    }
}
