<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\DeadlineExceeded;
use Throwable;

/**
 * Several futures that are waited for together.
 *
 * @internal
 * @template K of array-key
 * @template-covariant V
 */
final class FutureGroup
{
    /** @param array<K, Future<V>> $futures */
    public function __construct(private readonly array $futures)
    {
    }

    /**
     * Waits for all, or for the first that fails; the other tasks go on.
     *
     * @return array<K, V>
     * @throws DeadlineExceeded
     * @throws Throwable the first failure
     */
    public function values(?Deadline $deadline = null): array
    {
        $failed = $this->firstFailure($deadline);
        $this->markAwaited();
        if ($failed !== null) {
            throw $failed;
        }
        return array_map(static fn(Future $future): mixed => $future->execution()->outcome()?->get(), $this->futures);
    }

    /**
     * Waits for all, whether they fail or not.
     *
     * @return array<K, Settled<V>> what has not ended by the deadline has failed by it
     */
    public function settled(?Deadline $deadline = null): array
    {
        $settled = [];
        foreach ($this->futures as $key => $future) {
            $execution = $future->execution();
            $execution->expectEnd();
            $left = $deadline?->left();
            $isDone = Loop::until(static fn(): bool => $execution->outcome() !== null, $left);
            $execution->markAwaited();
            $outcome = $isDone ? $execution->outcome() : null;
            if ($outcome === null) {
                $failure = $deadline?->exceeded();
                $settled[$key] = new Settled(null, $failure);
            } else {
                $settled[$key] = Settled::of($outcome);
            }
        }
        return $settled;
    }

    /** From now on, failures are the caller's business. */
    public function markAwaited(): void
    {
        foreach ($this->futures as $future) {
            $future->execution()->markAwaited();
        }
    }

    /** @return list<Execution> those that have not ended, as far as is known */
    public function unfinished(): array
    {
        $executions = array_map(static fn(Future $future): Execution => $future->execution(), array_values($this->futures));
        return array_values(array_filter($executions, static fn(Execution $one): bool => $one->outcome() === null));
    }

    /**
     * Waits for all, or for the first that fails.
     *
     * @throws DeadlineExceeded
     */
    private function firstFailure(?Deadline $deadline): ?Throwable
    {
        $ended = $listeners = [];
        foreach ($this->futures as $key => $future) {
            $listeners[$key] = static function () use ($key, &$ended): void {
                $ended[] = $key;
            };
            $future->execution()->whenDone($listeners[$key]);
        }
        $looked = 0;
        $failed = null;
        try {
            $left = $deadline?->left();
            $isOver = Loop::until(function () use (&$ended, &$looked, &$failed): bool {
                while ($failed === null && isset($ended[$looked])) {
                    $failed = $this->futures[$ended[$looked++]]->execution()->outcome()?->exception();
                }
                return $failed !== null || $looked === count($this->futures);
            }, $left);
        } finally {
            foreach (array_diff_key($listeners, array_flip($ended)) as $key => $listener) {
                $this->futures[$key]->execution()->forget($listener);
            }
        }
        return $isOver || $deadline === null ? $failed : throw $deadline->exceeded();
    }
}
