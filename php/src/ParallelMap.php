<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\DeadlineExceeded;
use Closure;
use Generator;
use LogicException;
use SplQueue;
use Throwable;

/**
 * Goes over items in parallel: as many batches of them are under way as may be, and their results come out as they end or
 * in the order of the items.
 *
 * When it ends early, by a failure, its deadline or because nobody reads on, the tasks that are under way are cancelled.
 *
 * @internal
 */
final class ParallelMap
{
    /** @var array<int, Batch> under way, by number */
    private array $batches = [];

    private int $count = 0;

    /** @var SplQueue<int> numbers of those whose task has ended, where results come as they end */
    private readonly SplQueue $ended;

    private readonly int $pid;

    /**
     * @param Closure(list<mixed>, list<mixed>, bool): ?Future<mixed> $submit gets keys, items, and whether others follow at
     *     once; null when those are too many for a task
     * @param Closure(): mixed $flush sends what has been submitted
     * @param Closure(list<Execution>): mixed $cancel cancels tasks without waiting
     * @param ?Origin $origin where the map was called
     * @param ValueReader $values rebuilds results
     */
    public function __construct(
        private readonly MapOptions $options,
        private readonly Closure $submit,
        private readonly Closure $flush,
        private readonly Closure $cancel,
        private readonly ?Origin $origin,
        private readonly ValueReader $values,
    ) {
        $this->ended = new SplQueue();
        $this->pid = (int) getmypid();
    }

    /**
     * @template K
     * @param iterable<K, mixed> $items
     * @return Generator<K, mixed, void, void>
     * @throws Throwable the first failure
     */
    public function over(iterable $items): Generator
    {
        $keys = $values = [];
        $most = $this->options->chunk->items();
        $exceeded = null;
        try {
            foreach ($items as $key => $item) {
                if ($exceeded !== null) {
                    yield $key => new Settled(null, $exceeded);
                    continue;
                }
                $keys[] = $key;
                $values[] = $item;
                if (\count($keys) < $most) {
                    continue;
                }
                $this->start(new Batch($keys, $values));
                $keys = $values = [];
                while ($exceeded === null && ($this->isReady() || $this->room() === 0)) {
                    $exceeded = yield from $this->next();
                }
                $most = $this->options->chunk->items();
            }
            if ($keys !== []) {
                $this->start(new Batch($keys, $values));
            }
            while ($this->batches !== []) {
                yield from $this->next();
            }
        } finally {
            $this->cancelRest();
        }
    }

    /** How many more batches may be started. */
    private function room(): int
    {
        return $this->options->concurrency - count($this->batches);
    }

    /** Whether there are results that can be taken without waiting. */
    private function isReady(): bool
    {
        return $this->options->ordered
            ? $this->batches !== [] && $this->batches[array_key_first($this->batches)]->isDone()
            : !$this->ended->isEmpty();
    }

    private function start(Batch $batch, ?int $number = null): void
    {
        $number ??= $this->count++;
        $follows = $this->room() > 1;
        $task = $batch->start(
            fn(array $keys, array $items): ?Future => ($this->submit)($keys, $items, $follows),
            $this->options->chunk->items(),
        );
        $this->batches[$number] = $batch;
        if (!$this->options->ordered) {
            $task->whenDone(function () use ($number): void {
                $this->ended->enqueue($number);
            });
        }
    }

    /**
     * Gives the results of a batch; waits for one if need be.
     *
     * @return Generator<mixed, mixed, void, ?DeadlineExceeded> in the end why there are no others
     */
    private function next(): Generator
    {
        ($this->flush)();
        $deadline = $this->options->deadline;
        if ($deadline === null) {
            Loop::until($this->isReady(...), null);
        } elseif ($deadline->left() === 0.0 || !Loop::until($this->isReady(...), $deadline->left())) {
            return yield from $this->exceed($deadline->exceeded());
        }
        $number = $this->options->ordered ? array_key_first($this->batches) : $this->ended->dequeue();
        $batch = $this->batches[$number] ?? throw new LogicException('no batch is under way');
        yield from $this->resultsOf($batch, (int) $number);
        return null;
    }

    /** @return Generator<mixed, mixed, void, void> */
    private function resultsOf(Batch $batch, int $number): Generator
    {
        $id = $batch->future()->id();
        $batch->future()->execution()->markAwaited();
        $outcome = $batch->future()->execution()->outcome() ?? throw new LogicException('the task has not ended');
        $isChunk = !$this->options->chunk->isSingle() && $outcome->exception() === null;
        $reply = $isChunk ? $outcome->get() : null;
        $done = $reply['done'] ?? $batch->sent();
        $keys = $batch->drop($done);
        if ($reply !== null) {
            $this->options->chunk->ended($reply['done'], $reply['seconds'], $reply['bytes']);
        }
        if ($batch->hasMore()) {
            $this->start($batch, $number);
        } else {
            unset($this->batches[$number]);
        }
        $settled = $this->options->settled;
        foreach ($keys as $i => $key) {
            if ($reply !== null && !isset($reply['blobs'][$i]) && !isset($reply['failures'][$i])) {
                yield $key => $settled ? new Settled($reply['values'][$i], null) : $reply['values'][$i];
                continue;
            }
            $one = $reply === null ? $outcome : $this->outcomeOf($reply, $i, $id, $key);
            yield $key => $settled ? Settled::of($one) : $one->get();
        }
    }

    /** @param array<string, mixed> $reply of {@see Worker\Chunk} */
    private function outcomeOf(array $reply, int $i, string $id, mixed $key): Outcome
    {
        $own = isset($reply['failures'][$i])
            ? ['task_id' => $id, 'ok' => false] + $reply['failures'][$i]
            : ['task_id' => $id, 'ok' => true, 'result' => $reply['blobs'][$i], 'result_encoding' => 'php'];
        $place = $this->origin?->withKey($key);
        return Outcome::ofReply($own, $place, $this->values->ofVerified());
    }

    /**
     * @return Generator<mixed, mixed, void, DeadlineExceeded>
     * @throws DeadlineExceeded unless failures are values
     */
    private function exceed(DeadlineExceeded $why): Generator
    {
        if (!$this->options->settled) {
            throw $why;
        }
        $late = $this->batches;
        $this->cancelRest();
        foreach ($late as $batch) {
            foreach ($batch->keys() as $key) {
                yield $key => new Settled(null, $why);
            }
        }
        return $why;
    }

    private function cancelRest(): void
    {
        $left = array_map(static fn(Batch $batch): Execution => $batch->future()->execution(), array_values($this->batches));
        $this->batches = [];
        if ($left !== [] && $this->pid === getmypid()) { // in a forked child they are its parent's
            ($this->cancel)($left);
        }
    }
}
