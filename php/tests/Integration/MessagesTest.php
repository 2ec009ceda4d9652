<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Client;
use B7s\Parallite\Exception\AwaitTimedOut;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Exception\NothingReceived;
use B7s\Parallite\Exception\TaskException;
use B7s\Parallite\Future;
use B7s\Parallite\Task;
use Closure;
use DateTimeImmutable;
use LogicException;
use PHPUnit\Framework\TestCase;

/**
 * Values that are sent to running tasks, with the daemon that PARALLITE_SOCKET names.
 */
final class MessagesTest extends TestCase
{
    private static function task(string $name): Closure
    {
        static $tasks = null;
        $tasks ??= Closure::bind(static fn(): array => require __DIR__ . '/../Support/receiving.php', null, null)();
        return $tasks[$name];
    }

    private static function awaitContent(string $expected, string $file): void
    {
        for ($i = 0; $i < 3_000 && @file_get_contents($file) !== $expected; $i++) {
            usleep(10_000);
        }
        self::assertStringEqualsFile($file, $expected);
    }

    public function testComeInOrderWithTheirTypes(): void
    {
        $values = [1, 2.5, "\xff\0", ['a' => [null, true]], new DateTimeImmutable('2020-01-02'), false];
        $future = (new Client())->submit(self::task('collect'), [count($values)]);

        foreach ($values as $value) {
            $future->send($value);
        }

        self::assertEquals($values, $future->await());
    }

    public function testClosuresAndSharedValuesAreSent(): void
    {
        $client = new Client();
        $future = $client->submit(self::task('call'));

        $future->send(self::task('double'));
        $future->send($client->share([21]));

        self::assertSame(42, $future->await());
    }

    public function testManyAndLargeOnesReachATaskThatIsSlowToTakeThem(): void
    {
        $future = (new Client())->submit(self::task('bytes'));
        for ($i = 0; $i < 200; $i++) {
            $future->send(str_repeat('x', $i % 50 === 0 ? 1_500_000 : 1_000));
        }
        $future->send(null);

        self::assertSame(4 * 1_500_000 + 196 * 1_000, $future->await());
    }

    public function testATaskThatWaitsInTheQueueGetsThem(): void
    {
        $client = new Client();
        $gate = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        touch($gate);
        $workers = $client->stats()['pool']['max_workers'];
        $blocking = array_map(fn(): Future => $client->submit(self::task('block'), [$gate]), range(1, $workers));
        $waiting = $client->submit(self::task('collect'), [1]);
        try {
            $waiting->send('early', 0.05);
            self::fail('the task has not begun');
        } catch (AwaitTimedOut $e) {
            self::assertStringContainsString($waiting->id(), $e->getMessage());
        } finally {
            unlink($gate);
        }

        self::assertSame(['early'], $waiting->await(), 'it was on its way');
        Future::all($blocking);
    }

    public function testATaskNeedNotWaitForOne(): void
    {
        $future = (new Client())->submit(self::task('look'));

        self::assertSame('no value has come within 0 seconds', $future->await());
    }

    public function testOneThatIsAskedToStopReceivesNothing(): void
    {
        $client = new Client();
        $said = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        $future = $client->submit(self::task('wait'), [$said]);
        $future->send('go');
        self::awaitContent('go', $said);

        $future->cancel(60.0);

        self::awaitContent('the task is asked to stop', $said);
        unlink($said);
    }

    public function testWhatComesTooLateIsRefusedAndBothersNoOtherTask(): void
    {
        $client = new Client();
        for ($i = 0; $i < 50; $i++) {
            $future = $client->submit(self::task('return at once'));
            try {
                $future->send($i);
            } catch (TaskException $e) {
                self::assertSame('NOT_FOUND', $e->getErrorCode());
            }
            self::assertSame('no value has come within 0 seconds', $client->run(self::task('look')));
            self::assertTrue($future->await());
        }
    }

    public function testTasksSendToTasks(): void
    {
        self::assertSame([1, 4, 9], (new Client())->run(self::task('parent')));
    }

    public function testIsolatedTasksReceive(): void
    {
        $future = (new Client())->submit(self::task('collect'), [2], isolate: true);
        $future->send('a');
        $future->send('b');

        self::assertSame(['a', 'b'], $future->await());
    }

    public function testWhatCannotTravelIsRefused(): void
    {
        $future = (new Client())->submit(self::task('collect'), [1]);
        try {
            $future->send(STDIN);
            self::fail('a stream cannot travel');
        } catch (ClosureNotSerializable) {
        }
        $future->send('fine');

        self::assertSame(['fine'], $future->await());
    }

    public function testTasksOfThisProcessTakeNone(): void
    {
        $future = (new Client('/nowhere', fallback: Client::SYNC))->submit(static fn(): string => 'done');
        self::assertSame('done', $future->await());

        $this->expectException(LogicException::class);
        $future->send(1);
    }

    public function testOutsideOfATaskThereIsNothingToReceive(): void
    {
        $this->expectException(NothingReceived::class);
        Task::receive();
    }
}
