<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

use B7s\Parallite\Client;
use B7s\Parallite\Exception\AwaitTimedOut;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Exception\RemoteException;
use B7s\Parallite\Exception\ResultNotSerializable;
use B7s\Parallite\Exception\TaskCancelled;
use B7s\Parallite\Exception\TaskException;
use B7s\Parallite\Exception\TaskTimedOut;
use B7s\Parallite\Exception\WorkerCrashed;
use Closure;

/**
 * What the client does with single tasks, with any daemon.
 */
trait ClientTests
{
    abstract private static function client(): Client;

    /** The tests' classes do not exist in the workers: closures are sent as if written outside of one. */
    private static function task(string $name): Closure
    {
        static $tasks = null;
        $tasks ??= Closure::bind(static fn(string $file): array => require $file, null, null)(__DIR__ . '/tasks.php');
        return $tasks[$name];
    }

    public function testRunsAClosure(): void
    {
        $client = self::client();

        self::assertSame(42, $client->run(self::task('answer')));
        self::assertSame([1, ['a' => 2]], $client->run(self::task('echo'), [1, ['a' => 2]]));
        self::assertSame(['x' => 1, 'y' => 2], $client->run(self::task('named'), ['y' => 2, 'x' => 1]));
    }

    public function testRunsFunctionsByName(): void
    {
        $client = self::client();

        self::assertSame(PHP_VERSION, $client->run('phpversion'));
        self::assertSame('ABC', $client->run('strtoupper', ['abc']));
        self::assertSame('cba', $client->run(strrev(...), ['abc']));
        self::assertContains('UTC', $client->run(\DateTimeZone::listIdentifiers(...)));
    }

    public function testRunsManyAtOnceAndKeepsKeys(): void
    {
        $client = self::client();
        $directory = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir($directory, 0700);
        $futures = [];
        foreach (['a', 'b', 'c', 'd', 'e', 'f'] as $key) {
            $futures[$key] = $client->submit(self::task('waits for others'), [$directory, $key, 6]);
        }

        try {
            self::assertSame(array_combine(range('a', 'f'), range('a', 'f')), $client->awaitAll($futures));
        } finally {
            exec('rm -r ' . escapeshellarg($directory));
        }
    }

    public function testManySmallTasksOnOneConnection(): void
    {
        $client = self::client();
        $futures = [];
        for ($i = 0; $i < 500; $i++) {
            $futures[] = $client->submit('dechex', [$i]);
        }

        self::assertSame(array_map(dechex(...), range(0, 499)), $client->awaitAll($futures));
    }

    public function testLargeValuesTravelBothWays(): void
    {
        $client = self::client();
        $text = str_repeat('0123456789', 300_000);
        $futures = [];
        for ($i = 0; $i < 12; $i++) {
            $futures[] = $client->submit('strrev', [$text]);
        }

        $expected = md5(strrev($text));
        self::assertSame(array_fill(0, 12, $expected), array_map(md5(...), $client->awaitAll($futures)));
    }

    public function testFuturesTellWhatTheyKnow(): void
    {
        $client = self::client();
        $future = $client->submit(self::task('prints'), benchmark: true, id: 'named-' . bin2hex(random_bytes(4)));

        self::assertStringStartsWith('named-', $future->id());
        self::assertSame('done', $future->await());
        self::assertSame('done', $future->await(), 'again');
        self::assertTrue($future->isDone());
        self::assertSame('printed', $future->output());
        self::assertGreaterThan(0, $future->stats()?->memoryPeakMb);
        self::assertFalse($future->cancel(), 'too late');
    }

    public function testReportsAnExceptionOfTheTask(): void
    {
        $future = self::client()->submit(self::task('throws'));
        for ($i = 0; $i < 2; $i++) {
            try {
                $future->await();
                self::fail();
            } catch (\DomainException $e) {
                self::assertSame($e, $thrown ??= $e, 'the same one again');
                self::assertSame('no such order', $e->getMessage());
                self::assertSame(404, $e->getCode());
                self::assertSame('tasks.php', basename($e->getFile()));
                self::assertGreaterThan(0, $e->getLine());
                self::assertInstanceOf(\LogicException::class, $e->getPrevious());
                self::assertSame('cause', $e->getPrevious()->getMessage());
                self::assertSame([], array_column($e->getTrace(), 'args'));
            }
        }
        self::assertSame('printed before', $future->output());
    }

    public function testReportsAnExceptionThatCannotTravel(): void
    {
        try {
            self::client()->run(self::task('throws an unknown'));
            self::fail();
        } catch (RemoteException $e) {
            self::assertSame('only there', $e->getMessage());
            self::assertSame('EXCEPTION', $e->getErrorCode());
            self::assertSame('OnlyInTheWorker', $e->getRemoteClass());
            self::assertSame('7', $e->getRemoteCode());
            self::assertSame('tasks.php', basename($e->getRemoteFile()));
            self::assertGreaterThan(0, $e->getRemoteLine());
            self::assertStringContainsString('caused by LogicException', $e->getRemoteTrace());
            self::assertSame('printed before', $e->getOutput());
            self::assertNotSame('', $e->getTaskId());
        }
    }

    public function testFailuresHaveTheirOwnExceptions(): void
    {
        $client = self::client();
        $failures = [
            [WorkerCrashed::class, 'EXITED', 'exits', null],
            [WorkerCrashed::class, 'FATAL', 'fatal', null],
            [WorkerCrashed::class, 'WORKER_CRASHED', 'killed', null],
            [TaskTimedOut::class, 'TIMEOUT', 'sleeps', 0.2],
            [ResultNotSerializable::class, 'RESULT_NOT_ENCODABLE', 'generator', null],
        ];
        foreach ($failures as [$class, $code, $task, $timeout]) {
            try {
                $client->run(self::task($task), timeout: $timeout);
                self::fail($task);
            } catch (TaskException $e) {
                self::assertSame([$class, $code], [$e::class, $e->getErrorCode()]);
            }
            self::assertSame(42, $client->run(self::task('answer')), "after $task");
        }
    }

    public function testOneFailureDoesNotDisturbOthers(): void
    {
        $client = self::client();
        $good = $client->submit(self::task('slowly'), [0.2, 'good']);
        $bad = $client->submit(self::task('throws'));
        $ugly = $client->submit(self::task('exits'));

        try {
            $client->awaitAll([$bad, $good]);
            self::fail();
        } catch (\DomainException) {
            self::assertSame('good', $good->await());
        }
        $this->expectException(WorkerCrashed::class);
        $ugly->await();
    }

    public function testAwaitGivesUpWithoutStoppingTheTask(): void
    {
        $future = self::client()->submit(self::task('slowly'), [0.5, 'there']);
        try {
            $future->await(0.05);
            self::fail();
        } catch (AwaitTimedOut) {
            self::assertFalse($future->isDone());
            self::assertSame('there', $future->await(10.0));
        }
    }

    public function testCancelsARunningTask(): void
    {
        $client = self::client();
        $future = $client->submit(self::task('sleeps'));
        while ($client->status($future->id())['status'] === 'pending') {
            usleep(2_000);
        }
        self::assertSame('running', $client->status($future->id())['status']);

        self::assertTrue($future->cancel());
        $this->expectException(TaskCancelled::class);
        $future->await(5.0);
    }

    public function testDetachedTasksAreAwaitedLaterByAnyone(): void
    {
        $id = 'detached-' . bin2hex(random_bytes(4));
        $future = self::client()->submit(self::task('slowly'), [0.2, 'kept'], id: $id, detach: true);

        self::assertSame('kept', self::client()->await($id));
        self::assertSame('kept', $future->await());
        self::assertSame('completed', self::client()->status($id)['status']);
    }

    public function testTellsAboutTheDaemon(): void
    {
        $client = self::client();

        self::assertArrayHasKey('version', $client->ping());
        self::assertNotSame([], $client->stats());
    }

    public function testRefusesWhatItCannotSend(): void
    {
        $client = self::client();
        $generator = (static fn() => yield 1)();
        foreach ([['no_such_function', []], [self::task('echo'), [$generator]]] as [$task, $args]) {
            try {
                $client->run($task, $args);
                self::fail();
            } catch (ClosureNotSerializable $e) {
                self::assertNotSame('', $e->getMessage());
            }
        }
    }

    public function testUnknownTasksAreNotFound(): void
    {
        $this->expectException(TaskException::class);
        $this->expectExceptionMessageMatches('/nobody/');
        self::client()->status('nobody');
    }

    public function testValuesKeepTheirTypes(): void
    {
        $client = self::client();
        $point = new \ArrayObject(['x' => 1.0]);

        $values = $client->run(self::task('types'), [$point]);
        [0 => $value, 1 => $date, 2 => $nan, 3 => $inf, 'binary' => $binary] = $values;

        self::assertEquals($point, $value);
        self::assertSame('Europe/Lisbon', $date->getTimezone()->getName());
        self::assertNan($nan);
        self::assertSame(INF, $inf);
        self::assertSame("\xff\0\xfe", $binary);
        self::assertSame(1.0, $client->run(self::task('echo'), [1.0])[0], 'not 1');
        self::assertEquals((object) [], $client->run(self::task('echo'), [(object) []])[0]);
    }

    public function testClosuresTravelAsValues(): void
    {
        $client = self::client();

        self::assertSame(21, $client->run(self::task('giver'), [3])(7));
        self::assertSame(14, $client->run(self::task('call'), [self::task('double'), 7]));
    }

    public function testMethodsTravelWithTheirObjects(): void
    {
        $client = self::client();
        $date = new \DateTimeImmutable('2024-02-29');

        self::assertSame('29.02.', $client->run([$date, 'format'], ['d.m.']));
        self::assertSame('2024', $client->run($date->format(...), ['Y']));
        self::assertEquals(
            $date,
            $client->run([\DateTimeImmutable::class, 'createFromFormat'], ['!Y-m-d', '2024-02-29']),
        );
    }
}
