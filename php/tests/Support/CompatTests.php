<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

use Closure;
use DomainException;
use LogicException;
use Parallite\BenchmarkData;
use Parallite\ParalliteClient;
use Parallite\Promise;
use RuntimeException;

use function Parallite\await;

/**
 * What programs that were written for the upstream package rely on, with any daemon.
 */
trait CompatTests
{
    abstract private static function socket(): string;

    private static function compat(bool $benchmark = false): ParalliteClient
    {
        return new ParalliteClient(self::socket(), autoManageDaemon: false, enableBenchmark: $benchmark);
    }

    /** The tests' classes do not exist in the workers: closures are sent as if written outside of one. */
    private static function task(string $name): Closure
    {
        static $tasks = null;
        $tasks ??= Closure::bind(static fn(string $file): array => require $file, null, null)(__DIR__ . '/tasks.php');
        return $tasks[$name];
    }

    public function testPromiseGivesTheResultOfItsTask(): void
    {
        $promise = self::compat()->promise(self::task('answer'));

        self::assertSame(42, $promise->resolve());
        self::assertSame(42, $promise(), 'again');
        self::assertNull($promise->getBenchmark());
    }

    public function testPromisesRunAtOnceFromTheMomentTheyAreMade(): void
    {
        $client = self::compat();
        $directory = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir($directory, 0700);
        $promises = [];
        for ($i = 0; $i < 4; $i++) {
            $promises[] = $client->promise(self::task('meeting')($directory, "$i", 4));
        }
        for ($i = 0; count(glob("$directory/*") ?: []) < 4 && $i < 6_000; $i++) {
            usleep(10_000);
        }
        $running = count(glob("$directory/*") ?: []);
        $names = array_map(static fn(Promise $promise): string => $promise->resolve(), $promises);
        exec('rm -r ' . escapeshellarg($directory));

        self::assertSame(4, $running, 'all ran before the first was asked for');
        self::assertSame(['0', '1', '2', '3'], $names);
    }

    public function testLazyPromiseStartsWhenAskedTo(): void
    {
        $promise = new Promise(self::compat(), self::task('when'), eager: false);
        usleep(100_000);
        $asked = microtime(true);

        self::assertGreaterThan($asked, $promise->resolve());
    }

    public function testHandlersChangeTheResultInTheirOrderAndFinallyComesLast(): void
    {
        $log = [];
        $promise = self::compat()->promise(self::task('answer'))
            ->finally(static function () use (&$log): string {
                $log[] = 'finally';
                return 'of no interest';
            })
            ->then(static function (int $value) use (&$log): int {
                $log[] = "then $value in " . getmypid();
                return $value + 1;
            })
            ->catch(static fn(): int => self::fail('nothing to catch'))
            ->then(static function (int $value) use (&$log): string {
                $log[] = "then $value";
                return "result $value";
            });

        self::assertSame('result 43', $promise->resolve());
        self::assertSame('result 43', $promise->resolve(), 'again');
        self::assertSame(['then 42 in ' . getmypid(), 'then 43', 'finally'], $log, 'here, and each one once');
    }

    public function testFailureGoesToTheNextCatchAndTheChainGoesOn(): void
    {
        $promise = self::compat()->promise(self::task('throws'))
            ->then(static fn(): int => self::fail('there is no result'))
            ->catch(static fn(RuntimeException $e): string => $e->getMessage())
            ->then(strtoupper(...));

        self::assertSame('TASK FAILED (AWAITTASK): NO SUCH ORDER', $promise->resolve());
    }

    public function testFailedTaskThrowsWithItsReason(): void
    {
        $ran = 0;
        $promise = self::compat()->promise(self::task('throws'))->finally(static function () use (&$ran): void {
            $ran++;
        });
        for ($i = 0; $i < 2; $i++) {
            try {
                $promise->resolve();
                self::fail();
            } catch (RuntimeException $e) {
                self::assertSame(RuntimeException::class, $e::class);
                self::assertSame('Task failed (awaitTask): no such order', $e->getMessage());
                self::assertNotNull($e->getPrevious());
            }
        }
        self::assertSame(1, $ran, 'finally');
    }

    public function testHandlerThatThrowsIsCaughtByTheNext(): void
    {
        $promise = self::compat()->promise(self::task('answer'))
            ->then(static fn() => throw new DomainException('first'))
            ->catch(static fn(DomainException $e) => throw new LogicException('second', 0, $e))
            ->catch(static fn(LogicException $e): string => $e->getMessage());

        self::assertSame('second', $promise->resolve());
    }

    public function testFinallyThatThrowsFailsThePromiseAfterAllOthers(): void
    {
        $ran = [];
        $promise = self::compat()->promise(self::task('answer'))
            ->finally(static function () use (&$ran): void {
                $ran[] = 1;
                throw new DomainException('in finally');
            })
            ->finally(static function () use (&$ran): void {
                $ran[] = 2;
            });
        try {
            $promise->resolve();
            self::fail();
        } catch (DomainException $e) {
            self::assertSame('in finally', $e->getMessage());
            self::assertSame([1, 2], $ran);
        }
    }

    public function testHandlersAddedLaterRunWithTheNextResolve(): void
    {
        $promise = self::compat()->promise(self::task('answer'));
        $promise->resolve();

        self::assertSame(84, $promise->then(static fn(int $value): int => 2 * $value)->resolve());
    }

    public function testFuturesAreAwaitedByTheClient(): void
    {
        $client = self::compat();
        $future = $client->async(self::task('answer'));
        $promised = $client->promise(self::task('answer'))->getFuture();

        self::assertNotSame('', $future['task_id']);
        self::assertTrue(isset($future['socket']));
        self::assertSame(42, $client->await($future));
        self::assertSame(42, $client->await($promised));
        self::assertSame(42, await($future));
    }

    public function testAwaitWithoutAFutureIsAnError(): void
    {
        foreach ([null, [], ['task_id' => 'x'], ['socket' => null, 'task_id' => 'x']] as $future) {
            try {
                self::compat()->await($future);
                self::fail();
            } catch (RuntimeException $e) {
                self::assertSame('No future or socket provided', $e->getMessage());
            }
        }
    }

    public function testResultsArePlainData(): void
    {
        self::assertSame(
            [
                'date' => ['_type' => 'datetime', 'value' => '2024-02-29T12:30:00+01:00', 'timezone' => 'Europe/Berlin'],
                'object' => ['name' => 'Ada', 'list' => [3 => 'three', 'x' => ['deep' => true]]],
                'mangled' => ["\0*\0hidden" => 1, 'seen' => 2],
                'whole' => 1.0,
                'numbers' => [null, null, null, -0.5],
                'own' => ['from' => 'toArray', 'inner' => ['a' => 1]],
                'binary' => "\xff\0",
            ],
            self::compat()->promise(self::task('gives objects'))->resolve(),
        );
    }

    public function testEnumsAreArraysOfTheirNameAndValue(): void
    {
        $results = self::compat()->awaitAll([
            self::task('gives an enum'),
            self::task('gives a date'),
            self::task('gives a number'),
        ]);

        self::assertSame([['name' => 'Hearts', 'value' => 'h'], ['name' => 'One']], $results[0]);
        self::assertSame(['_type' => 'datetime', 'value' => '2024-02-29T00:00:00+00:00', 'timezone' => 'UTC'], $results[1]);
        self::assertNull($results[2], 'NAN');
    }

    public function testSaysWhatCannotBePlain(): void
    {
        $reasons = [
            'gives a closure' => 'result.with[0] is a closure',
            'gives a resource' => 'result[1] is a resource (stream)',
            'gives a circle' => 'circular, or nested deeper than 512 levels',
        ];
        foreach ($reasons as $task => $reason) {
            try {
                self::compat()->promise(self::task($task))->resolve();
                self::fail($task);
            } catch (RuntimeException $e) {
                self::assertStringContainsString($reason, $e->getMessage());
            }
        }
    }

    public function testAwaitAllWaitsForAllBeforeItThrows(): void
    {
        $file = (string) tempnam(sys_get_temp_dir(), 'parallite-test-');
        try {
            self::compat()->awaitAll([self::task('throws'), self::task('writes late')($file)]);
            self::fail();
        } catch (RuntimeException $e) {
            self::assertSame('Task failed (awaitTask): no such order', $e->getMessage());
            self::assertSame('written', file_get_contents($file));
        } finally {
            unlink($file);
        }
    }

    public function testFunctionsAreDefinedInAWorkerForTasksOfSuchProgramsOnly(): void
    {
        $names = self::compat()->promise(self::task('names of functions'))->resolve();

        self::assertSame(['async' => true, 'await' => true, 'pd' => true], $names);
    }

    public function testAwaitAllKeepsTheOrder(): void
    {
        $tasks = ['a' => self::task('answer'), 'b' => self::task('prints')];

        self::assertSame([42, 'done'], self::compat()->awaitAll($tasks));
    }

    public function testAwaitOfAnArrayKeepsKeysAndOtherValues(): void
    {
        $client = self::compat();
        $expected = ['static' => 'value', 'p' => 42, 7 => 'done', 'n' => null, 'list' => [1, 2]];
        $mixed = static fn(): array => [
            'static' => 'value',
            'p' => $client->promise(self::task('answer')),
            7 => $client->async(self::task('prints')),
            'n' => null,
            'list' => [1, 2],
        ];

        self::assertSame($expected, await($mixed()));
        self::assertSame($expected, $client->awaitMultiple($mixed()));
        self::assertSame([], await([]));
    }

    public function testBenchmarkIsMeasuredWhenItIsEnabled(): void
    {
        $client = self::compat();
        self::assertFalse($client->isBenchmarkEnabled());
        self::assertSame($client, $client->enableBenchmark());
        self::assertTrue($client->isBenchmarkEnabled());

        $promise = $client->promise(self::task('answer'));
        self::assertNull($promise->getBenchmark(), 'not before the end');
        $promise->resolve();
        self::assertInstanceOf(BenchmarkData::class, $promise->getBenchmark());
        self::assertGreaterThan(0, $promise->getBenchmark()->memoryPeakMb);

        $future = $client->async(self::task('answer'));
        $client->await($future);
        self::assertArrayHasKey('execution_time_ms', $future['benchmark']);

        self::assertFalse($client->disableBenchmark()->isBenchmarkEnabled());
        self::assertTrue(self::compat(true)->isBenchmarkEnabled());
    }

    public function testDumpFromAWorkerComesBackAsTheFailure(): void
    {
        try {
            self::compat()->promise(self::task('dumps'))->resolve();
            self::fail();
        } catch (RuntimeException $e) {
            self::assertStringStartsWith('Task failed (awaitTask): ', $e->getMessage());
            self::assertStringContainsString('string(5) "order"', $e->getMessage());
            self::assertStringContainsString('int(4711)', $e->getMessage());
        }
    }
}
