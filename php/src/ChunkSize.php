<?php

declare(strict_types=1);

namespace B7s\Parallite;

use InvalidArgumentException;

/**
 * How many items of a map go into one task: a fixed number, or as many as take {@see TARGET} seconds going by the chunks
 * that have ended.
 *
 * The number quadruples at most with each chunk that ends, so that a guess made of few items does little harm; what was
 * guessed wrongly all the same is bounded by the worker, which stops after {@see MAX_SECONDS} or {@see MAX_BYTES} and
 * returns the rest.
 *
 * @internal
 */
final class ChunkSize
{
    public const AUTO = 'auto';

    private const TARGET = 0.05;

    /** What a chunk may take before its worker returns the rest of it. */
    public const MAX_SECONDS = 2 * self::TARGET;

    /** What the results of a chunk, or the items on their way to it, may take. */
    public const MAX_BYTES = 1_048_576;

    private const MAX_ITEMS = 8_192;

    private const GROWTH = 4;

    /** How much the newest chunk counts in the average: one that took less counts more, since a worker's first is slow. */
    private const WEIGHT = 0.3;
    private const WEIGHT_OF_FASTER = 0.8;

    private ?float $secondsPerItem = null;

    private float $bytesPerItem = 1.0;

    private function __construct(private int $items, public readonly bool $isAdaptive)
    {
    }

    /** @throws InvalidArgumentException unless it is a number above zero, or "auto" */
    public static function of(int|string $chunk): self
    {
        return match (true) {
            $chunk === self::AUTO => new self(1, true),
            is_int($chunk) && $chunk >= 1 => new self($chunk, false),
            default => throw new InvalidArgumentException('chunk is ' . var_export($chunk, true)
                . "; it must be a number of items, at least 1, or 'auto'"),
        };
    }

    /** Whether each item has a task of its own. */
    public function isSingle(): bool
    {
        return $this->items === 1 && !$this->isAdaptive;
    }

    /** How many items the next chunk gets. */
    public function items(): int
    {
        return $this->items;
    }

    /** Takes note of how large items are on their way to the worker. */
    public function sent(int $items, int $bytes): void
    {
        if ($this->isAdaptive) {
            $this->bytesPerItem = max($bytes / $items, $this->bytesPerItem * (1 - self::WEIGHT));
            $this->items = $this->within($this->items);
        }
    }

    /** Takes note of a chunk that has ended. */
    public function ended(int $items, float $seconds, int $bytes): void
    {
        if (!$this->isAdaptive) {
            return;
        }
        $took = max($seconds, 1e-7) / $items;
        $average = $this->secondsPerItem ?? $took;
        $weight = $took < $average ? self::WEIGHT_OF_FASTER : self::WEIGHT;
        $this->secondsPerItem = $average + $weight * ($took - $average);
        $this->bytesPerItem = max($bytes / $items, $this->bytesPerItem);
        $this->items = $this->within(min((int) (self::TARGET / $this->secondsPerItem), $this->items * self::GROWTH));
    }

    private function within(int $items): int
    {
        return max(1, min($items, self::MAX_ITEMS, (int) (self::MAX_BYTES / $this->bytesPerItem)));
    }
}
