<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Client;
use B7s\Parallite\Exception\DeadlineExceeded;
use B7s\Parallite\Exception\ResultNotSerializable;
use B7s\Parallite\Exception\WorkerCrashed;
use B7s\Parallite\Settled;
use Closure;
use PHPUnit\Framework\TestCase;

/**
 * Maps in chunks, in order, with failures as values and until a deadline, with the daemon that PARALLITE_SOCKET names.
 */
final class MapTest extends TestCase
{
    /** The tests' classes do not exist in the workers: closures are sent as if written outside of one. */
    private static function task(string $name): Closure
    {
        static $tasks = null;
        $tasks ??= self::included('tasks.php');
        return $tasks[$name];
    }

    private static function included(string $file): mixed
    {
        return Closure::bind(static fn(string $file): mixed => require $file, null, null)(__DIR__ . "/../Support/$file");
    }

    private static function scratch(): string
    {
        return sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
    }

    private static function eventually(Closure $isSo): void
    {
        for ($i = 0; !$isSo(); $i++) {
            self::assertLessThan(3_000, $i, 'it does not come about');
            usleep(10_000);
        }
    }

    /**
     * @testWith [1]
     *           [7]
     *           [1000]
     *           ["auto"]
     */
    public function testChunksKeepKeysOrderAndTypes(int|string $chunk): void
    {
        $client = new Client();
        $items = [];
        for ($i = 0; $i < 300; $i++) {
            $items["k$i"] = $i % 3 === 0 ? (object) ['n' => $i] : $i;
        }

        self::assertEquals($items, $client->map($items, self::task('same'), chunk: $chunk));
        self::assertSame(array_keys($items), array_keys($client->map($items, self::task('same'), chunk: $chunk)));
        self::assertSame(['x=1', 'y=2'], array_values($client->map(['x' => 1, 'y' => 2], self::task('pair'), chunk: $chunk)));
        self::assertSame([3 => 'A', 1 => 'B'], $client->map([3 => 'a', 1 => 'b'], 'strtoupper', chunk: $chunk));
        self::assertSame([], $client->map([], 'strtoupper', chunk: $chunk));
        $pairs = [];
        foreach ($client->imap((static fn() => yield 1.5 => 2)(), self::task('same'), chunk: $chunk) as $key => $value) {
            $pairs[] = [$key, $value];
        }
        self::assertSame([[1.5, 2]], $pairs);
    }

    public function testConvertsArgumentsAsTheFileOfTheClosureSays(): void
    {
        self::assertSame([7, 8], (new Client())->map(['7', '8'], self::included('loose.php'), chunk: 2));
    }

    public function testItemsOfAChunkFailByThemselves(): void
    {
        $settled = (new Client())->map(['a' => 1, 'b' => 2, 'c' => 3], self::task('fails on two'), chunk: 10, settled: true);

        self::assertSame(['a', 'b', 'c'], array_keys($settled));
        self::assertSame([1, 3], [$settled['a']->get(), $settled['c']->get()]);
        self::assertInstanceOf(\RangeException::class, $settled['b']->exception);
        self::assertSame('not 2', $settled['b']->exception->getMessage());
        self::assertStringContainsString('key "b"', $settled['b']->exception->getTraceAsString());
        self::assertStringNotContainsString('Worker', $settled['b']->exception->getTraceAsString());
    }

    public function testAResultThatCannotTravelIsTheFailureOfItsItem(): void
    {
        $settled = (new Client())->map([1, 2, 3], self::task('opens on two'), chunk: 3, settled: true);

        self::assertSame([true, false, true], array_map(static fn(Settled $one): bool => $one->isOk(), $settled));
        self::assertInstanceOf(ResultNotSerializable::class, $settled[1]->exception);
    }

    public function testAChunkWhoseWorkerDiesFailsForEachOfItsItems(): void
    {
        $settled = (new Client())->map([1, 2, 3, 4], self::task('exits on two'), chunk: 2, settled: true, concurrency: 1);

        self::assertInstanceOf(WorkerCrashed::class, $settled[0]->exception);
        self::assertInstanceOf(WorkerCrashed::class, $settled[1]->exception);
        self::assertSame([3, 4], [$settled[2]->get(), $settled[3]->get()]);
        self::assertStringContainsString('keys 0 to 1', $settled[1]->exception->getTraceAsString());
    }

    public function testTheFirstFailureIsThrownAfterTheResultsBeforeIt(): void
    {
        $seen = [];
        try {
            foreach ((new Client())->imap([1, 3, 2, 4], self::task('fails on two'), chunk: 4) as $value) {
                $seen[] = $value;
            }
            self::fail();
        } catch (\RangeException) {
            self::assertSame([1, 3], $seen);
        }
    }

    public function testWhatIsTooLargeForAChunkIsSentInSeveral(): void
    {
        $items = array_merge(range(1, 200), array_fill(0, 40, str_repeat('x', 400_000)));
        $lengths = (new Client())->map($items, self::task('same'), chunk: 'auto', concurrency: 2);

        self::assertSame($items, $lengths);
    }

    public function testGivesResultsInTheOrderOfTheItems(): void
    {
        $client = new Client();
        $file = self::scratch();
        $results = $client->imap(['slow' => $file, 'fast' => __FILE__], self::task('after file'), ordered: true);
        $client->run(self::task('answer'));
        touch($file);
        $keys = [];
        foreach ($results as $key => $_) {
            $keys[] = $key;
        }
        unlink($file);

        self::assertSame(['slow', 'fast'], $keys);
        $numbers = range(0, 999);
        self::assertSame($numbers, iterator_to_array($client->imap($numbers, self::task('same'), ordered: true, chunk: 7)));
        self::assertSame($numbers, iterator_to_array($client->imap($numbers, self::task('same'), ordered: true, chunk: 'auto')));
    }

    public function testOrderedResultsThatWaitCountAsInFlight(): void
    {
        $client = new Client();
        $file = self::scratch();
        $taken = 0;
        $items = (static function () use (&$taken, $file): \Generator {
            yield $file;
            while ($taken < 50) {
                $taken++;
                yield __FILE__;
            }
        })();
        $results = $client->imap($items, self::task('after file'), concurrency: 3, ordered: true);
        $client->submit(self::task('after'), [300])->then(static fn() => touch($file));
        $results->rewind();
        self::assertLessThan(4, $taken);
        self::assertCount(51, iterator_to_array($results, false));
        unlink($file);
    }

    public function testADeadlineCancelsWhatHasNotEnded(): void
    {
        $client = new Client();
        $file = self::scratch();
        foreach (['map', 'imap', 'all'] as $method) {
            try {
                match ($method) {
                    'map' => $client->map([$file, __FILE__], self::task('after file'), deadline: 0.3),
                    'imap' => iterator_to_array($client->imap([$file, $file], self::task('after file'), deadline: 0.3)),
                    'all' => $client->all([self::task('sleeps')], deadline: 0.3),
                };
                self::fail();
            } catch (DeadlineExceeded $e) {
                self::assertSame('the deadline of 0.3 seconds passed before all tasks had ended', $e->getMessage());
            }
        }
        self::eventually(static fn(): bool => $client->stats()['tasks']['in_flight'] === 0);
        self::assertSame([1], $client->map([1], self::task('same'), deadline: 60.0));
    }

    public function testADeadlineSettlesWhatHasNotEnded(): void
    {
        $client = new Client();
        $items = ['a' => __FILE__, 'b' => self::scratch(), 'c' => __FILE__];
        $settled = $client->map($items, self::task('after file'), concurrency: 2, deadline: 4.0, settled: true);
        self::assertSame(['a', 'b', 'c'], array_keys($settled));
        self::assertSame([true, false, true], array_map(static fn(Settled $one): bool => $one->isOk(), array_values($settled)));
        self::assertInstanceOf(DeadlineExceeded::class, $settled['b']->exception);

        $all = $client->all(['x' => self::task('answer'), 'y' => self::task('sleeps')], deadline: 4.0, settled: true);
        self::assertSame(42, $all['x']->get());
        self::assertInstanceOf(DeadlineExceeded::class, $all['y']->exception);
        self::eventually(static fn(): bool => $client->stats()['tasks']['in_flight'] === 0);
    }

    public function testAllGivesFailuresAsValues(): void
    {
        $settled = (new Client())->all(['x' => self::task('answer'), 'y' => self::task('throws')], settled: true);

        self::assertSame(42, $settled['x']->get());
        self::assertInstanceOf(\DomainException::class, $settled['y']->exception);
    }

    public function testWhoStopsToReadCancelsTheRest(): void
    {
        $client = new Client();
        $file = self::scratch();
        $items = [__FILE__, ...array_fill(0, 40, $file)];
        foreach ($client->mapUnordered($items, self::task('after file'), concurrency: 41) as $key => $_) {
            self::assertSame(0, $key);
            break;
        }

        self::eventually(static fn(): bool => $client->stats()['tasks']['in_flight'] === 0);
    }
}
