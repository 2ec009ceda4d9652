<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

use B7s\Parallite\Tests\Support\WorkerProcess;

/**
 * Workers that end after a number of tasks, or with too much memory: between tasks, and not without saying so.
 */
trait LifetimeTests
{
    /** @param array<string, string> $env */
    private static function withLimits(array $env, callable $test): void
    {
        $worker = static::start(self::including() + $env, ['-d', 'memory_limit=-1']);
        try {
            $test($worker, static fn(\Closure|string $task, string $encoding = 'json'): array => $worker->ask(
                ['task_id' => 'a', 'payload' => self::payload($task, 'laravel')],
                $encoding,
            ));
        } finally {
            $worker->stop();
        }
    }

    /** @dataProvider encodings */
    public function testAnnouncesItsEndWithTheLastTask(string $encoding): void
    {
        self::withLimits(
            ['PARALLITE_WORKER_MAX_TASKS' => '3'],
            static function (WorkerProcess $worker, callable $ask) use ($encoding): void {
                self::assertArrayNotHasKey('worker_ends', $ask('phpversion', $encoding));
                self::assertArrayNotHasKey('worker_ends', $ask(static fn() => throw new \Exception('x'), $encoding));
                $last = $ask('phpversion', $encoding);
                self::assertSame([true, PHP_VERSION, true], [$last['ok'], $last['result'], $last['worker_ends']]);
                self::assertNull($worker->readBody());
                self::assertSame(0, $worker->exitCode());
            },
        );
    }

    public function testAWorkerForOneTaskNeedNotSaySo(): void
    {
        self::withLimits(
            ['PARALLITE_WORKER_MAX_TASKS' => '1'],
            static function (WorkerProcess $worker, callable $ask): void {
                self::assertArrayNotHasKey('worker_ends', $ask('phpversion'));
                self::assertNull($worker->readBody());
            },
        );
    }

    public function testEndsAfterAnIsolatedTaskWithoutMakingReadyForAnother(): void
    {
        $log = tempnam(sys_get_temp_dir(), 'parallite');
        self::withBootstrap(
            "Hooks::afterTask(fn () => file_put_contents('$log', 'after ', FILE_APPEND));
            Hooks::betweenTasks(fn () => file_put_contents('$log', 'between ', FILE_APPEND));",
            static function (WorkerProcess $worker) use ($log): void {
                $reply = $worker->ask(['task_id' => 'a', 'payload' => 'phpversion', 'isolation' => 'task']);
                self::assertSame(['task_id' => 'a', 'ok' => true, 'result' => PHP_VERSION], $reply);
                self::assertNull($worker->readBody());
                self::assertSame(0, $worker->exitCode());
                self::assertSame('after ', file_get_contents($log));
            },
        );
        unlink($log);
    }

    public function testGoesOnAfterATaskThatIsIsolatedInForksOnly(): void
    {
        self::withLimits([], static function (WorkerProcess $worker): void {
            $ask = static fn(): bool => $worker->ask(['task_id' => 'a', 'payload' => 'phpversion', 'isolation' => 'auto'])['ok'];
            self::assertSame([true, true], [$ask(), $ask()]);
        });
    }

    public function testEndsWhenATaskLeavesTooMuchMemoryBehind(): void
    {
        self::withLimits(
            ['PARALLITE_WORKER_MAX_MEMORY_MB' => '64'],
            static function (WorkerProcess $worker, callable $ask): void {
                $passing = static fn() => strlen(str_repeat('x', 200_000_000));
                self::assertSame(200_000_000, $ask($passing)['result']);
                self::assertArrayNotHasKey('worker_ends', $ask($passing), 'what was given back does not count');
                self::assertArrayNotHasKey('worker_ends', $ask(static function (): int {
                    $GLOBALS['kept'] = str_repeat('x', 30_000_000);
                    return 1;
                }));
                $reply = $ask(static function (): int {
                    $GLOBALS['more'] = str_repeat('x', 50_000_000);
                    return 2;
                });
                self::assertSame([true, 2, true], [$reply['ok'], $reply['result'], $reply['worker_ends'] ?? false]);
                self::assertNull($worker->readBody());
                self::assertSame(0, $worker->exitCode());
            },
        );
    }

    public function testCountsMemoryThatPhpDoesNotManage(): void
    {
        self::withLimits(
            ['PARALLITE_WORKER_MAX_MEMORY_MB' => '64'],
            static function (WorkerProcess $worker, callable $ask): void {
                usleep(150_000);
                $reply = $ask(static function (): int {
                    $GLOBALS['buffer'] = \FFI::new('char[100000000]', false, true);
                    \FFI::memset($GLOBALS['buffer'], 1, 100_000_000);
                    return memory_get_usage(true);
                });
                self::assertLessThan(64 << 20, $reply['result'] ?? $reply['error']);
                self::assertTrue($reply['worker_ends'] ?? false);
            },
        );
    }
}
