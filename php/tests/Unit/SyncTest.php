<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Client;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Future;
use B7s\Parallite\Task;
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
            ['a' => $this->getName(), 'b' => 'B'],
            $client->all(['a' => fn(): string => $this->getName(), 'b' => static fn(): string => strtoupper('b')]),
            'nothing has to be serialized',
        );
        self::assertSame(['x' => 'x1'], $client->map(['x' => 1], static fn(int $v, string $k): string => "$k$v"));
        self::assertSame('abc', $client->run('strrev', ['cba']));
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

    public function testWhatNeedsADaemonSaysSo(): void
    {
        $this->expectException(DaemonNotRunning::class);
        self::client()->stats();
    }

    public function testKnowsOneFallback(): void
    {
        $this->expectException(\InvalidArgumentException::class);
        new Client(fallback: 'threads');
    }
}
