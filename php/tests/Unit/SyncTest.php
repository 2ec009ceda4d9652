<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Client;
use B7s\Parallite\Codec\ClosureCodec;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Exception\TaskTimedOut;
use B7s\Parallite\Future;
use B7s\Parallite\Task;
use Closure;
use PHPUnit\Framework\TestCase;

/**
 * `fallback: 'sync'`: tasks where there is no daemon.
 */
final class SyncTest extends TestCase
{
    private static function client(): Client
    {
        return new Client('/nowhere/at/all.sock', fallback: 'sync');
    }

    public function testRunsTasksInThisProcess(): void
    {
        $client = self::client();
        $pid = getmypid();

        self::assertSame($pid, $client->run(fn(): int|false => getmypid()));
        self::assertSame(
            ['a' => $this->toString(), 'b' => 'B'],
            $client->all(['a' => fn(): string => $this->toString(), 'b' => static fn(): string => strtoupper('b')]),
            'nothing has to be serialized',
        );
        self::assertSame(['x' => 'x1'], $client->map(['x' => 1], static fn(int $v, string $k): string => "$k$v"));
        self::assertSame([2, 4, 6], $client->map([1, 2, 3], static fn(int $v): int => 2 * $v, chunk: 'auto'));
        self::assertSame('abc', $client->run('strrev', ['cba']));
    }

    public function testTasksAreInTheTraceOfTheClient(): void
    {
        $mine = '00-' . str_repeat('a', 32) . '-' . str_repeat('b', 16) . '-01';
        $other = '00-' . str_repeat('c', 32) . '-' . str_repeat('d', 16) . '-00';
        $task = Task::traceparent(...);
        $client = new Client('/nowhere/at/all.sock', fallback: 'sync', traceparent: $mine);

        self::assertSame($mine, $client->run($task));
        self::assertSame($other, $client->submit($task, traceparent: $other)->await());
        self::assertSame($mine, $client->submit($task, traceparent: 'of another form')->await());
        self::assertNull(self::client()->run($task));
        self::assertNull(Task::traceparent());
    }

    public function testTriesAgain(): void
    {
        $tries = 0;
        $task = static function () use (&$tries): int {
            return ++$tries < 3 ? throw new \RuntimeException("try $tries") : $tries;
        };

        self::assertSame(3, self::client()->run($task, retry: new \B7s\Parallite\Retry(delay: 0.001)));
    }

    public function testFuturesAreDoneAtOnce(): void
    {
        $client = self::client();
        $order = [];
        $future = $client->submit(static function () use (&$order): int {
            $order[] = 'task';
            echo 'printed';
            Task::progress(0.5, 'half');
            Task::emit('early');
            return 1;
        });
        $order[] = 'submitted';

        self::assertTrue($future->isDone());
        self::assertSame(['task', 'submitted'], $order);
        self::assertSame('printed', $future->output());
        self::assertSame(['early'], iterator_to_array($future->stream()));
        $future->onProgress(static function (?float $fraction, ?string $message) use (&$order): void {
            $order[] = [$fraction, $message];
        });
        self::assertSame([0.5, 'half'], end($order));
        self::assertFalse($future->cancel());
        self::assertSame(2, $future->then(static fn(int $x): int => $x + 1)->await());
        self::assertFalse(Task::isCancelled());
    }

    public function testFailuresAreThoseOfTheTask(): void
    {
        $client = self::client();
        $failure = new \DomainException('mine');
        $future = $client->submit(static fn() => throw $failure);

        self::assertSame($failure, Future::settled([$future])[0]->exception);
        $this->expectExceptionObject($failure);
        $future->await();
    }

    /** @requires extension pcntl */
    public function testATimeoutEndsATaskThatWaitsOrComputes(): void
    {
        $wait = static function (): void {
            for ($i = 0; $i < 1_000; $i++) {
                usleep(10_000);
            }
        };
        $compute = static function (): void {
            $until = hrtime(true) + 10_000_000_000;
            while (hrtime(true) < $until) {
                continue;
            }
        };
        $swallow = static function () use ($wait): string {
            try {
                $wait();
            } catch (\Throwable) {
                // as if nothing had been
            }
            return 'caught';
        };
        foreach ([$wait, $compute, $swallow] as $task) {
            try {
                self::client()->run($task, timeout: 0.2);
                self::fail('it may run for ever');
            } catch (TaskTimedOut $e) {
                self::assertSame('TIMEOUT', $e->getErrorCode());
                self::assertNotSame('', $e->getTaskId());
            }
        }
        self::assertSame('in time', self::client()->run(static fn(): string => 'in time', timeout: 0.2));
    }

    /** @requires extension pcntl */
    public function testATimeoutPutsBackHandlerAndAlarm(): void
    {
        $handler = static function (): void {
        };
        pcntl_signal(SIGALRM, $handler);
        $isAsync = pcntl_async_signals(false);
        pcntl_alarm(1_000);
        try {
            self::client()->run('phpversion', timeout: 5.0);
            self::client()->run('phpversion');

            self::assertSame($handler, pcntl_signal_get_handler(SIGALRM));
            self::assertFalse(pcntl_async_signals());
            self::assertGreaterThan(900, pcntl_alarm(0));
        } finally {
            pcntl_alarm(0);
            pcntl_signal(SIGALRM, SIG_DFL);
            pcntl_async_signals($isAsync);
        }
    }

    public function testWhatNeedsADaemonSaysSo(): void
    {
        $this->expectException(DaemonNotRunning::class);
        self::client()->stats();
    }

    public function testACodecWithoutItsLibraryIsRefused(): void
    {
        $codec = new class implements ClosureCodec {
            public static function isInstalled(): bool
            {
                return false;
            }

            public function encode(Closure $closure, ?Closure $hint = null): string
            {
                return '';
            }
        };

        $this->expectException(\InvalidArgumentException::class);
        $this->expectExceptionMessage('install it by Composer');
        new Client('/nowhere/at/all.sock', codec: $codec);
    }

    public function testWhatATaskChangesIsChanged(): void
    {
        $count = 0;
        $box = new \ArrayObject();

        self::client()->run(function () use (&$count, $box): void {
            $count++;
            $box['x'] = 1;
        });

        self::assertSame([1, ['x' => 1]], [$count, $box->getArrayCopy()]);
    }

    public function testKnowsOneFallback(): void
    {
        $this->expectException(\InvalidArgumentException::class);
        new Client(fallback: 'threads');
    }
}
