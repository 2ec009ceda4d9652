<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Cancellation;
use B7s\Parallite\Client;
use B7s\Parallite\Exception\TaskCancelled;
use B7s\Parallite\Exception\WorkerCrashed;
use B7s\Parallite\Future;
use B7s\Parallite\Retry;
use B7s\Parallite\Scope;
use Closure;
use PHPUnit\Framework\TestCase;

/**
 * Scopes, cancellations and retries, with the daemon that PARALLITE_SOCKET names.
 */
final class ScopeTest extends TestCase
{
    private string $file;

    protected function setUp(): void
    {
        $this->file = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
    }

    protected function tearDown(): void
    {
        array_map(unlink(...), glob("$this->file*") ?: []);
    }

    private static function task(string $name): Closure
    {
        $tasks = Closure::bind(static fn(string $file): array => require $file, null, null)(__DIR__ . '/../Support/tasks.php');
        return $tasks[$name];
    }

    /** Nothing is in the queue, nothing runs. */
    private static function assertEnds(Client $client): void
    {
        for ($i = 0; $client->stats()['tasks']['in_flight'] > 0; $i++) {
            self::assertLessThan(3_000, $i, 'tasks go on');
            usleep(10_000);
        }
    }

    public function testAScopeGivesWhatItsBlockReturns(): void
    {
        $client = new Client();

        self::assertSame([42, 7], $client->scope(static function (Scope $scope): array {
            $answer = $scope->submit(self::task('answer'));
            return [$answer->await(), $scope->submit(self::task('same'), [7])->await()];
        }));
    }

    public function testTheEndOfAScopeCancelsWhatHasNotEnded(): void
    {
        $client = new Client();
        $left = $client->scope(function (Scope $scope): array {
            $left = [];
            for ($i = 0; $i < 20; $i++) {
                $left[] = $scope->submit(self::task('after file'), [$this->file, $i]);
            }
            return $left;
        });

        self::assertEnds($client);
        self::assertInstanceOf(TaskCancelled::class, Future::settled($left)[19]->exception);
        try {
            $client->scope(function (Scope $scope): void {
                $scope->submit(self::task('after file'), [$this->file, 1]);
                throw new \LogicException('of the block');
            });
            self::fail();
        } catch (\LogicException $e) {
            self::assertSame('of the block', $e->getMessage());
        }
        self::assertEnds($client);
    }

    public function testTheFirstFailureCancelsTheOthersAndIsThrown(): void
    {
        $client = new Client();
        try {
            $client->scope(function (Scope $scope): array {
                $long = $scope->submit(self::task('after file'), [$this->file, 1]);
                $scope->submit(self::task('fails on two'), [2]);
                return [$long->await()];
            });
            self::fail();
        } catch (\RangeException $e) {
            self::assertSame('not 2', $e->getMessage());
        }
        self::assertEnds($client);
    }

    public function testAFailureAlsoEndsAMapOfTheScope(): void
    {
        $client = new Client();
        $this->expectException(\RangeException::class);
        $client->scope(function (Scope $scope) use ($client): array {
            $scope->submit(self::task('fails on two'), [2]);
            $files = array_fill(0, 200, $this->file);
            return $client->map($files, self::task('after file'), cancellation: $scope->cancellation);
        });
    }

    public function testACancellationStopsAllThatHasIt(): void
    {
        $client = new Client();
        $cancellation = new Cancellation();
        $inner = new Cancellation($cancellation);
        $one = $client->submit(self::task('after file'), [$this->file, 1], cancellation: $cancellation);
        $two = $client->submit(self::task('after file'), [$this->file, 2], cancellation: $inner);
        $free = $client->submit(self::task('after file'), [$this->file, 3]);
        $cancellation->cancel(0.0);

        self::assertTrue($inner->isRequested());
        self::assertInstanceOf(TaskCancelled::class, Future::settled([$one])[0]->exception);
        self::assertInstanceOf(TaskCancelled::class, Future::settled([$two])[0]->exception);
        try {
            $client->run(self::task('answer'), cancellation: $cancellation);
            self::fail();
        } catch (TaskCancelled $e) {
            self::assertSame('task was cancelled before it was sent', $e->getMessage());
        }
        $settled = $client->map([1, 2], self::task('same'), settled: true, cancellation: $cancellation);
        self::assertInstanceOf(TaskCancelled::class, $settled[1]->exception);
        touch($this->file);
        self::assertSame(3, $free->await());
        $this->expectException(TaskCancelled::class);
        $inner->throwIfRequested();
    }

    public function testASignalCancels(): void
    {
        $client = new Client();
        $cancellation = new Cancellation();
        $before = pcntl_async_signals(true);
        pcntl_signal(SIGALRM, static fn() => $cancellation->cancel());
        pcntl_alarm(1);
        try {
            $client->run(self::task('after file'), [$this->file, 1], cancellation: $cancellation);
            self::fail();
        } catch (TaskCancelled) {
            self::assertSame(42, $client->run(self::task('answer')));
        } finally {
            pcntl_alarm(0);
            pcntl_signal(SIGALRM, SIG_DFL);
            pcntl_async_signals($before);
        }
    }

    public function testTriesAgain(): void
    {
        $client = new Client();
        $retry = new Retry(times: 3, delay: 0.01);

        self::assertSame(3, $client->run(self::task('third time'), ["$this->file-1"], retry: $retry));
        self::assertSame(3, $client->submit(self::task('third time'), ["$this->file-2"], retry: $retry)->await());
        self::assertSame([3, 3], $client->map(["$this->file-3", "$this->file-4"], self::task('third time'), retry: $retry));
        self::assertSame([3], $client->map(["$this->file-5"], self::task('third time'), retry: $retry, chunk: 9));
        $third = self::task('third time');
        $file = "$this->file-6";
        $task = Closure::bind(static fn(): int => $third($file), null, null);
        self::assertSame(['x' => 3], $client->all(['x' => $task], retry: $retry));
        self::assertSame(3, $client->scope(fn(Scope $scope): int =>
            $scope->submit(self::task('third time'), ["$this->file-7"], retry: $retry)->await()));
    }

    public function testGivesUpAtLast(): void
    {
        $client = new Client();
        try {
            $client->run(self::task('third time'), [$this->file], retry: new Retry(times: 2, delay: 0.0));
            self::fail();
        } catch (\RuntimeException $e) {
            self::assertSame('try 2', $e->getMessage());
        }
    }

    public function testTriesAgainAfterTheFailuresThatAreNamed(): void
    {
        $client = new Client();
        $crashes = self::task('exits the first time');
        self::assertSame('alive', $client->run($crashes, [$this->file], retry: new Retry(on: [WorkerCrashed::class])));
        try {
            $client->run(self::task('third time'), ["$this->file-1"], retry: new Retry(on: [WorkerCrashed::class]));
            self::fail();
        } catch (\RuntimeException $e) {
            self::assertSame('try 1', $e->getMessage());
        }
    }

    public function testATaskThatWaitsForItsNextTryCanBeCancelled(): void
    {
        $client = new Client();
        $cancellation = new Cancellation();
        $retry = new Retry(delay: 3600.0);
        $one = $client->submit(self::task('third time'), ["$this->file-1"], retry: $retry, cancellation: $cancellation);
        $two = $client->submit(self::task('third time'), ["$this->file-2"], retry: $retry);
        $client->run(self::task('after file'), [__FILE__, 1]);
        for ($i = 0; !(file_exists("$this->file-1") && file_exists("$this->file-2") && $client->stats()['tasks']['in_flight'] === 0); $i++) {
            self::assertLessThan(3_000, $i);
            usleep(10_000);
            clearstatcache();
        }
        self::assertFalse($one->isDone());
        $cancellation->cancel();
        self::assertTrue($two->cancel());

        self::assertInstanceOf(TaskCancelled::class, Future::settled([$one])[0]->exception);
        self::assertInstanceOf(TaskCancelled::class, Future::settled([$two])[0]->exception);
    }

    public function testDelaysGrow(): void
    {
        $retry = new Retry(times: 5, delay: 0.1, factor: 3.0, jitter: false);
        self::assertEqualsWithDelta([0.1, 0.3, 0.9], array_map($retry->delayAfter(...), [1, 2, 3]), 1e-9);
        $jitter = new Retry(delay: 1.0);
        for ($i = 0; $i < 100; $i++) {
            self::assertGreaterThanOrEqual(1.0, $jitter->delayAfter(2));
            self::assertLessThanOrEqual(2.0, $jitter->delayAfter(2));
        }
    }
}
