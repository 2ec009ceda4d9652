<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Client;
use B7s\Parallite\Exception\TaskCancelled;
use B7s\Parallite\Tests\Support\ClientTests;
use B7s\Parallite\Tests\Support\ManyTasksTests;
use B7s\Parallite\Tests\Support\RealConditionsTests;
use Closure;
use PHPUnit\Framework\TestCase;

/**
 * The client against the daemon that PARALLITE_SOCKET names.
 */
final class ClientTest extends TestCase
{
    use ClientTests;
    use ManyTasksTests;
    use RealConditionsTests;

    public static function setUpBeforeClass(): void
    {
        if (getenv('PARALLITE_SOCKET') === false) {
            self::fail('PARALLITE_SOCKET must name the socket of a running daemon');
        }
    }

    private static function client(): Client
    {
        return new Client();
    }

    public function testWorkersAskForHugePages(): void
    {
        self::assertSame('1', self::client()->run('getenv', ['USE_ZEND_ALLOC_HUGE_PAGES']));
    }

    public function testIsolatedTasksRunAlone(): void
    {
        $client = self::client();
        $runs = Closure::bind(static function (): int {
            eval('if (!class_exists("RunsHere", false)) { class RunsHere { public static int $count = 0; } }');
            return ++\RunsHere::$count; // nothing puts that back
        }, null, null);
        $forItem = Closure::bind(static fn(int $_): int => $runs(), null, null);
        for ($i = 0, $shared = []; $i < 20; $i++) {
            $shared[] = $client->run($runs);
        }

        self::assertGreaterThan(1, max($shared), 'other tasks share their workers');
        self::assertSame(1, $client->run($runs, isolate: true));
        self::assertSame(1, $client->submit($runs, isolate: true)->await());
        self::assertSame([1, 1, 1], $client->all([$runs, $runs, $runs], isolate: true));
        self::assertSame([1, 1], $client->map([0, 0], $forItem, isolate: true));
        self::assertEquals([1, 1], iterator_to_array($client->imap([0, 0], $forItem, isolate: true)), 'in any order');
    }

    public function testTasksReportWhileTheyRun(): void
    {
        $client = self::client();
        $future = $client->submit(self::task('reports'));
        $progress = [];
        $future->onProgress(static function (?float $fraction, ?string $message) use (&$progress): void {
            $progress[] = [$fraction, $message];
        });
        $steps = [];
        foreach ($future->stream() as $value) {
            self::assertInstanceOf(\DateTimeImmutable::class, $value['at']);
            $steps[] = $value['step'];
        }

        self::assertSame([1, 2, 3, 4], $steps);
        self::assertSame([1.0, 'step 4'], end($progress), 'the last one is always told');
        self::assertSame('reported', $future->await());
    }

    public function testEmittedValuesThatNobodyReadsTakeLittleMemory(): void
    {
        $client = self::client();
        $task = static function (int $count): string {
            for ($i = 0; $i < $count; $i++) {
                \B7s\Parallite\Task::emit($i . str_repeat('x', 1 << 20));
            }
            return 'done';
        };
        $before = memory_get_usage();
        $future = $client->submit(Closure::bind($task, null, null), [120]);

        self::assertSame('done', $future->await());
        self::assertLessThan(40_000_000, memory_get_usage() - $before);
        $read = 0;
        try {
            foreach ($future->stream() as $value) {
                self::assertSame($read++, (int) $value);
            }
            self::fail();
        } catch (\B7s\Parallite\Exception\ParalliteException $e) {
            self::assertStringContainsString('the task has emitted values faster than they were read', $e->getMessage());
            self::assertGreaterThan(8, $read);
        }
    }

    public function testATaskWhoseValuesNobodyReadsWaitsWhileOthersAreAwaited(): void
    {
        $client = self::client();
        $task = static function (int $count): string {
            for ($i = 0; $i < $count; $i++) {
                \B7s\Parallite\Task::emit($i . str_repeat('x', 1 << 20));
            }
            return 'done';
        };
        $before = memory_get_usage();
        $future = $client->submit(Closure::bind($task, null, null), [150]);
        for ($i = 0; $i < 12; $i++) {
            self::assertSame("slow $i", $client->submit(self::task('slowly'), [0.05, "slow $i"])->await());
        }
        self::assertSame('running', $client->status($future->id())['status']);
        self::assertLessThan(30_000_000, memory_get_usage() - $before);
        $read = 0;
        foreach ($future->stream() as $value) {
            self::assertSame($read++, (int) $value, 'none is lost');
        }
        self::assertSame([150, 'done'], [$read, $future->await()]);

        $client->submit(Closure::bind($task, null, null), [150]); // nobody will ever read those
        self::assertSame('ok', $client->run(self::task('slowly'), [0.2, 'ok']));
        self::assertLessThan(30_000_000, memory_get_usage() - $before);
    }

    public function testEmittedValuesAreAllReadWhileTheTaskRuns(): void
    {
        $task = static function (): void {
            for ($i = 0; $i < 120; $i++) {
                \B7s\Parallite\Task::emit($i . str_repeat('x', 1 << 20));
            }
        };
        $read = 0;
        foreach (self::client()->submit(Closure::bind($task, null, null))->stream() as $value) {
            self::assertSame($read++, (int) $value);
        }
        self::assertSame(120, $read);
    }

    public function testTasksOfOthersAreFollowed(): void
    {
        $id = 'followed-' . bin2hex(random_bytes(4));
        $gate = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        $task = static function (string $gate): string {
            while (!file_exists($gate)) {
                usleep(5_000);
                clearstatcache();
            }
            \B7s\Parallite\Task::progress(0.5, 'half');
            \B7s\Parallite\Task::emit('seen');
            return 'done';
        };
        $client = self::client();
        $submitted = $client->submit(Closure::bind($task, null, null), [$gate], id: $id);
        $client->ping(); // the daemon has read the submit, before another connection asks for the task
        $other = self::client();
        $future = $other->future($id);
        $progress = null;
        $future->onProgress(static function (?float $fraction, ?string $message) use (&$progress): void {
            $progress = [$fraction, $message];
        });
        $other->ping(); // it is followed
        touch($gate);

        self::assertSame(['seen'], iterator_to_array($future->stream()));
        unlink($gate);
        self::assertSame([0.5, 'half'], $progress);
        self::assertSame('done', $future->await());
        self::assertSame('done', $submitted->await());
    }

    public function testATaskThatIsCancelledMayCleanUp(): void
    {
        $file = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        $client = self::client();
        $future = $client->submit(self::task('until cancelled'), [$file]);
        while ($client->status($future->id())['status'] !== 'running') {
            usleep(2_000);
        }
        usleep(100_000);
        self::assertTrue($future->cancel(grace: 10.0));
        try {
            $future->await(5.0);
            self::fail();
        } catch (TaskCancelled) {
            for ($i = 0; $i < 1_000 && !is_file($file); $i++) {
                usleep(5_000);
                clearstatcache();
            }
            self::assertStringEqualsFile($file, 'cleaned up');
        } finally {
            @unlink($file);
        }
    }

    private static function address(): ?string
    {
        return null;
    }
}
