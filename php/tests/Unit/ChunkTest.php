<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\ChunkSize;
use B7s\Parallite\Client;
use B7s\Parallite\Worker\Chunk;
use InvalidArgumentException;
use PHPUnit\Framework\TestCase;

/**
 * Chunks of a map: how many items they get, and what becomes of those in the worker.
 */
final class ChunkTest extends TestCase
{
    public function testAnAdaptiveSizeGrowsStepByStepToWhatTakesFiftyMilliseconds(): void
    {
        $size = ChunkSize::of('auto');
        $sizes = [$size->items()];
        for ($i = 0; $i < 8; $i++) {
            $size->ended($size->items(), $size->items() * 0.0005, $size->items() * 16);
            $sizes[] = $size->items();
        }

        self::assertSame([1, 4, 16, 64, 100, 100, 100, 100, 100], $sizes);
    }

    public function testAnAdaptiveSizeForgetsThatTheFirstItemWasSlow(): void
    {
        $size = ChunkSize::of('auto');
        $size->ended(1, 0.5, 16);
        self::assertSame(1, $size->items());
        for ($i = 0; $i < 20; $i++) {
            $size->ended($size->items(), $size->items() * 0.00001, 16);
        }

        self::assertGreaterThan(4_000, $size->items());
    }

    public function testAnAdaptiveSizeIsBoundedByBytes(): void
    {
        $size = ChunkSize::of('auto');
        for ($i = 0; $i < 10; $i++) {
            $size->sent($size->items(), $size->items() * 100_000);
            $size->ended($size->items(), 0.000001, 16);
        }

        self::assertSame(10, $size->items());
    }

    public function testAFixedSizeStays(): void
    {
        $size = ChunkSize::of(7);
        $size->sent(7, 100_000_000);
        $size->ended(7, 100.0, 1);

        self::assertSame(7, $size->items());
        self::assertTrue(ChunkSize::of(1)->isSingle());
        self::assertFalse(ChunkSize::of('auto')->isSingle());
    }

    /**
     * @testWith [0]
     *           [-3]
     *           ["Auto"]
     *           ["5"]
     */
    public function testRefusesOtherSizes(int|string $chunk): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage("it must be a number of items, at least 1, or 'auto'");
        (new Client('/nowhere/at/all.sock'))->map([1], 'abs', chunk: $chunk);
    }

    public function testAWorkerStopsWhereAChunkTakesTooLong(): void
    {
        $slow = static fn(int $ms): int => [usleep($ms * 1000), $ms][1];

        self::assertSame(1, Chunk::run($slow, [2, 2, 2], null, 0.001, 1_000)['done']);
        self::assertSame(3, Chunk::run($slow, [2, 2, 2])['done'], 'unless the size is fixed');
    }

    public function testAWorkerStopsWhereResultsBecomeTooLarge(): void
    {
        $large = static fn(int $x): array => [str_repeat('x', 400)];

        self::assertSame(3, Chunk::run($large, range(1, 10), null, 60.0, 1_000)['done']);
        self::assertSame(3, Chunk::run('str_repeat', array_fill(0, 9, 'x'), array_fill(0, 9, 400), 60.0, 1_000)['done']);
    }
}
