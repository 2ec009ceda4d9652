<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

use B7s\Parallite\Tests\Support\WorkerProcess;

/**
 * The bootstrap file, and the code that runs before and after each task.
 */
trait HookTests
{
    private static function withBootstrap(string $code, callable $test): void
    {
        $file = tempnam(sys_get_temp_dir(), 'parallite');
        file_put_contents($file, "<?php\nuse B7s\\Parallite\\Worker\\Hooks;\n$code");
        $worker = static::start(self::including() + ['PARALLITE_WORKER_BOOTSTRAP' => $file]);
        try {
            $test($worker, static function (\Closure|string $task, string $id = 'a') use ($worker): array {
                $reply = $worker->ask(['task_id' => $id, 'payload' => self::payload($task, 'laravel')]);
                unset($reply['task_id']);
                return $reply;
            });
        } finally {
            $worker->stop();
            unlink($file);
        }
    }

    public function testRunsHooksAroundEachTask(): void
    {
        $code = '$GLOBALS["log"] = [];
            Hooks::beforeTask(function (string $id) { $GLOBALS["log"][] = "1 before $id"; echo "b"; });
            Hooks::beforeTask(fn ($id) => $GLOBALS["log"][] = "2 before $id");
            Hooks::afterTask(fn ($id, $e) => $GLOBALS["log"][] = "1 after $id" . ($e ? " " . $e->getMessage() : ""));
            Hooks::afterTask(function ($id) { $GLOBALS["log"][] = "2 after $id"; echo "a"; });';
        self::withBootstrap($code, static function (WorkerProcess $worker, callable $ask): void {
            self::assertSame(['ok' => true, 'result' => 1, 'output' => 'btask a'], $ask(static function (): int {
                echo 'task ';
                return 1;
            }, 'x'));
            self::assertSame('EXCEPTION', $ask(static fn() => throw new \LogicException('no'), 'y')['error_code']);
            $log = $ask(static fn() => $GLOBALS['log'], 'z')['result'];
            self::assertSame([
                '1 before x', '2 before x', '2 after x', '1 after x',
                '1 before y', '2 before y', '2 after y', '1 after y no',
                '1 before z', '2 before z',
            ], $log);
        });
    }

    public function testABootstrapFileMayReturnItsHooks(): void
    {
        $code = 'return ["beforeTask" => fn ($id) => $GLOBALS["seen"] = $id,
            "afterTask" => static function () { $GLOBALS["after"] = true; }];';
        self::withBootstrap($code, static function (WorkerProcess $worker, callable $ask): void {
            $seen = static fn() => [$GLOBALS['seen'], $GLOBALS['after'] ?? false];
            self::assertSame(['first', false], $ask($seen, 'first')['result']);
            self::assertSame(['second', true], $ask($seen, 'second')['result']);
        });
    }

    public function testRunsHooksBetweenTasksBehindThoseAfterATask(): void
    {
        $code = '$GLOBALS["log"] = [];
            Hooks::betweenTasks(fn ($id, $e) => $GLOBALS["log"][] = "1 between $id" . ($e ? " " . $e->getMessage() : ""));
            Hooks::betweenTasks(fn ($id) => $GLOBALS["log"][] = "2 between $id");
            return ["afterTask" => fn ($id) => $GLOBALS["log"][] = "after $id",
                "betweenTasks" => fn ($id) => $GLOBALS["log"][] = "3 between $id"];';
        self::withBootstrap($code, static function (WorkerProcess $worker, callable $ask): void {
            $ask(static fn() => throw new \LogicException('no'), 'x');
            $log = $ask(static fn() => $GLOBALS['log'], 'y')['result'];
            self::assertSame(['after x', '3 between x', '2 between x', '1 between x no'], $log);
        });
    }

    public function testAHookBetweenTasksThatFailsEndsTheWorker(): void
    {
        $code = 'Hooks::betweenTasks(fn () => throw new DomainException("not clean"));';
        self::withBootstrap($code, static function (WorkerProcess $worker, callable $ask): void {
            $reply = $ask(static fn() => 1);
            self::assertFailed('HOOK_FAILED', 'a hook that runs after a task failed: not clean', $reply);
            self::assertTrue($reply['worker_ends']);
        });
    }

    public function testAHookThatFailsBeforeATaskFailsItAndTheWorkerStays(): void
    {
        $code = 'Hooks::beforeTask(fn ($id) => $id === "bad" ? throw new DomainException("no database", 7) : 0);
            Hooks::afterTask(fn () => $GLOBALS["after"] = true);';
        self::withBootstrap($code, static function (WorkerProcess $worker, callable $ask): void {
            $reply = $ask(static fn() => $GLOBALS['ran'] = true, 'bad');
            self::assertFailed('HOOK_FAILED', 'a hook that runs before a task failed: no database', $reply);
            self::assertSame(['DomainException', 7], [$reply['class'], $reply['code']]);
            self::assertArrayNotHasKey('worker_ends', $reply);
            $seen = static fn() => [isset($GLOBALS['ran']), isset($GLOBALS['after'])];
            self::assertSame([false, true], $ask($seen, 'good')['result'], 'the task did not run, the cleaning did');
        });
    }

    public function testAHookThatFailsAfterATaskFailsItAndEndsTheWorker(): void
    {
        $code = 'Hooks::afterTask(fn () => throw new DomainException("not clean"));
            Hooks::afterTask(fn () => print "x");';
        self::withBootstrap($code, static function (WorkerProcess $worker, callable $ask): void {
            $reply = $ask(static fn() => 1);
            self::assertFailed('HOOK_FAILED', 'a hook that runs after a task failed: not clean', $reply);
            self::assertSame([true, 'x'], [$reply['worker_ends'], $reply['output']]);
            self::assertNull($worker->readBody());
            self::assertSame(0, $worker->exitCode());
        });
        self::withBootstrap($code, static function (WorkerProcess $worker, callable $ask): void {
            $reply = $ask(static fn() => throw new \LogicException('the task itself'));
            self::assertFailed('EXCEPTION', 'the task itself', $reply);
            self::assertTrue($reply['worker_ends']);
        });
    }

    /** @return array<string, array{string, string}> */
    public static function badBootstraps(): array
    {
        return [
            'throws' => ['throw new Exception("no app key");', 'no app key'],
            'does not parse' => ['oops(', 'ParseError'],
            'returns nonsense' => ['return ["befor" => "pi"];', 'bootstrap returned an array with the key "befor"'],
            'exits' => ['exit(0);', 'called exit()'],
        ];
    }

    /** @dataProvider badBootstraps */
    public function testSaysWhatIsWrongWithItsBootstrapFile(string $code, string $message): void
    {
        $file = tempnam(sys_get_temp_dir(), 'parallite');
        file_put_contents($file, "<?php\n$code");
        $worker = static::start(['PARALLITE_WORKER_BOOTSTRAP' => $file]);
        try {
            self::assertNull($worker->readBody());
            self::assertSame(1, $worker->exitCode());
            self::assertStringContainsString($message, $worker->stderr());
        } finally {
            $worker->stop();
            unlink($file);
        }
    }

    public function testAMissingBootstrapFileIsNamed(): void
    {
        $worker = static::start(['PARALLITE_WORKER_BOOTSTRAP' => '/nowhere/b.php']);
        try {
            self::assertSame(1, $worker->exitCode());
            self::assertStringContainsString('does not exist: /nowhere/b.php', $worker->stderr());
        } finally {
            $worker->stop();
        }
    }
}
