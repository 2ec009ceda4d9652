<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

use B7s\Parallite\Worker\State;

/**
 * What a task changes is put back; the check itself is the contract's tearDown(), which runs a clean task.
 */
trait StateTests
{
    /** @return iterable<string, array{\Closure, class-string}> */
    public static function changes(): iterable
    {
        return self::cases('changes.php');
    }

    /** @return iterable<string, array{\Closure, class-string}> those that are looked for only when they are named */
    public static function namedChanges(): iterable
    {
        foreach (self::cases('changes.php') as $name => $case) {
            if (is_subclass_of($case[1], State\NamedCallGuard::class)) {
                yield $name => $case;
            }
        }
    }

    /** @return iterable<string, array{\Closure, class-string}> */
    public static function irreversibleChanges(): iterable
    {
        return self::cases('irreversible.php');
    }

    /** @return iterable<string, array{\Closure, class-string}> */
    private static function cases(string $file): iterable
    {
        foreach (require dirname(__DIR__) . "/Support/$file" as $guard => $closures) {
            foreach ($closures as $name => $closure) {
                yield substr(strrchr($guard, '\\'), 1) . ": $name" => [$closure, $guard];
            }
        }
    }

    /** @dataProvider changes */
    public function testPutsBackWhatATaskChanged(\Closure $task, string $guard): void
    {
        if ($guard === State\DatabaseErrors::class && !$guard::isNeeded()) {
            self::markTestSkipped('needs ext-mysqli');
        }
        $before = self::stateBy($task);
        if (is_subclass_of($guard, State\NamedCallGuard::class)) {
            self::forget(); // no function has been named yet
        }
        $changed = self::perform($task, fields: ['context' => 'change']);
        self::assertTrue($changed['ok'], $changed['error'] ?? '');
        self::assertArrayNotHasKey('worker_ends', $changed);
        $after = self::stateBy($task);
        self::assertNotSame($before, $changed['result'], 'the task changes something');
        self::assertSame($before, $after);
        self::assertSame(['ok' => true, 'result' => 3], self::ask(['payload' => 'abs', 'context' => -3]));
    }

    /** @dataProvider namedChanges */
    public function testPutsBackWhatAFunctionOfAFileChanged(\Closure $task): void
    {
        $file = self::fileThatCalls($task);
        $worker = static::start(self::including(), ['-d', 'display_errors=1']);
        try {
            $ask = static fn(string $do): array => $worker->ask(['task_id' => $do, 'payload' => self::payload(
                static fn(string $do): mixed => (require $file)($do),
                'laravel',
            ), 'context' => $do]);
            [$before, , $after] = array_map($ask, ['look', 'change', 'look']);
            self::assertSame($before['result'], $after['result']);
        } finally {
            $worker->stop();
            unlink($file);
        }
    }

    /** The closure in a file of its own, which the request does not show. */
    private static function fileThatCalls(\Closure $task): string
    {
        $where = new \ReflectionFunction($task);
        $lines = array_slice(
            file($where->getFileName()),
            $where->getStartLine() - 1,
            $where->getEndLine() - $where->getStartLine() + 1,
        );
        $lines[0] = strstr($lines[0], 'static function');
        $file = (string) tempnam(sys_get_temp_dir(), 'parallite');
        file_put_contents($file, '<?php return ' . rtrim(implode('', $lines), ", \n") . ';');
        return $file;
    }

    /** @dataProvider irreversibleChanges */
    public function testReplacesItselfAfterWhatCannotBePutBack(\Closure $task): void
    {
        self::forget();
        $reply = self::perform($task);
        if (($reply['result'] ?? null) !== true) {
            self::forget();
            self::markTestSkipped('this user, or this PHP, cannot: ' . ($reply['error'] ?? $reply['output'] ?? ''));
        }
        self::assertTrue($reply['worker_ends'] ?? false);
        self::assertWorkerEnds();
    }

    public function testEachThingThatIsPutBackHasATest(): void
    {
        $tested = (require dirname(__DIR__) . '/Support/changes.php')
            + (require dirname(__DIR__) . '/Support/irreversible.php');
        $others = [ // which have tests of their own below
            State\OutputSettings::class, State\SystemLog::class, State\ResourceLimits::class, State\Priority::class,
            State\Processors::class,
        ];
        self::assertSame([], array_diff(State\Guards::all(), array_keys($tested), $others));
        foreach (State\Guards::all() as $guard) {
            self::assertNotSame('', $guard::WHAT, $guard);
        }
    }

    /** @return mixed what the task sees of the thing that it may change */
    private static function stateBy(\Closure $task): mixed
    {
        $reply = self::perform($task, fields: ['context' => 'look']);
        self::assertTrue($reply['ok'], $reply['error'] ?? '');
        return $reply['result'];
    }

    public function testRewritesNoOutputForAnEarlierTask(): void
    {
        $rewrite = static function (string $name): void {
            output_add_rewrite_var($name, '1');
            echo '<form></form>';
        };
        $first = self::perform($rewrite, fields: ['context' => 'first']);
        self::assertStringContainsString('first', $first['output']);
        self::assertWorkerEnds();
        $output = self::perform($rewrite, fields: ['context' => 'second'])['output'];
        self::assertStringContainsString('second', $output);
        self::assertStringNotContainsString('first', $output);
        self::assertWorkerEnds();
    }

    public function testWritesNothingToTheSystemLogInTheNameOfAnEarlierTask(): void
    {
        self::perform(static fn() => openlog('leaked-name', LOG_PERROR, LOG_USER));
        self::perform(static fn() => syslog(LOG_DEBUG, 'of another task'));
        self::assertStringNotContainsString('leaked-name', self::worker()->stderr());
    }

    public function testPutsBackLimitsOrReplacesItself(): void
    {
        $limits = static fn(): string => file_get_contents('/proc/self/limits');
        foreach ([POSIX_RLIMIT_NOFILE => 200, POSIX_RLIMIT_CORE => 0, POSIX_RLIMIT_FSIZE => 1_000_000] as $limit => $soft) {
            $change = static fn(): bool => posix_setrlimit($limit, $soft, $soft + 10);
            self::assertPutBackOrReplaced($limits, $change);
        }
    }

    public function testPutsBackThePriorityOrReplacesItself(): void
    {
        $look = static fn(): int => pcntl_getpriority();
        self::assertPutBackOrReplaced($look, static fn(): bool => proc_nice(3));
        self::assertPutBackOrReplaced($look, static fn(): bool => pcntl_setpriority(5));
    }

    public function testPutsBackTheProcessors(): void
    {
        if (!function_exists('pcntl_setcpuaffinity')) {
            self::markTestSkipped('PHP 8.4 can set them');
        }
        $look = static fn(): array => pcntl_getcpuaffinity();
        self::assertPutBackOrReplaced($look, static fn(): bool => pcntl_setcpuaffinity(null, [0]));
    }

    private static function assertPutBackOrReplaced(\Closure $look, \Closure $change): void
    {
        self::forget();
        $before = self::perform($look)['result'];
        $reply = self::perform($change);
        self::assertTrue($reply['result'] ?? $reply['error']);
        if ($reply['worker_ends'] ?? false) {
            self::assertWorkerEnds();
        }
        self::assertSame($before, self::perform($look)['result']);
    }

    public function testASignalOfAnEarlierTaskDoesNotEndTheWorker(): void
    {
        self::perform(static function (): void {
            foreach ([SIGWINCH, SIGURG, SIGCHLD, SIGCONT] as $signal) {
                pcntl_signal($signal, static fn() => throw new \LogicException('left over'));
            }
        });
        foreach ([SIGWINCH, SIGURG, SIGCHLD, SIGCONT] as $signal) {
            posix_kill(self::worker()->pid(), $signal);
        }
        self::assertSame(['ok' => true, 'result' => PHP_VERSION], self::perform('phpversion'));
    }

    /** @return array<string, array{\Closure}> */
    public static function handlersThatThrow(): array
    {
        return [
            'of errors' => [static function (): object {
                set_error_handler(static fn(int $level, string $text) => throw new \ErrorException($text));
                return new class () implements \JsonSerializable {
                    public function jsonSerialize(): int
                    {
                        return @$nothing['at all'] ?? 7;
                    }
                };
            }],
            'of errors, with a buffer' => [static function (): int {
                set_error_handler(static fn(int $level, string $text) => throw new \ErrorException($text));
                ob_start();
                return 7;
            }],
            'of buffers' => [static function (): int {
                ob_start(static fn() => throw new \LogicException('in the buffer'));
                return 7;
            }],
            'of signals' => [static function (): int {
                pcntl_signal(SIGALRM, static fn() => null);
                pcntl_async_signals(false);
                pcntl_signal(SIGUSR1, static fn() => throw new \LogicException('in the handler'));
                posix_kill(getmypid(), SIGUSR1);
                return 7;
            }],
        ];
    }

    /** @dataProvider handlersThatThrow */
    public function testHandlersOfATaskDoNotHearTheWorker(\Closure $task): void
    {
        $reply = self::perform($task);
        self::assertSame(7, $reply['result'] ?? $reply['error']);
        self::assertArrayNotHasKey('output', $reply);
    }

    public function testAHandlerOfErrorsDoesNotHearTheWorkerAfterAnExit(): void
    {
        $reply = self::perform(static function (): void {
            set_error_handler(static fn(int $level, string $text) => throw new \ErrorException($text));
            ob_start(null, 0, 0);
            exit(4);
        });
        self::assertFailed('EXITED', 'exit()', $reply);
        self::assertWorkerEnds(4);
    }

    public function testShutdownFunctionsOfATaskRunAfterIt(): void
    {
        $file = (string) tempnam(sys_get_temp_dir(), 'parallite');
        $reply = self::perform(static function () use ($file): int {
            register_shutdown_function(static fn() => file_put_contents($file, 'first ', FILE_APPEND));
            register_shutdown_function(static fn() => file_put_contents($file, 'second', FILE_APPEND));
            return 1;
        });
        self::assertSame(['ok' => true, 'result' => 1, 'worker_ends' => true], $reply);
        self::assertWorkerEnds();
        self::assertSame('first second', file_get_contents($file));
        unlink($file);
    }

    public function testShutdownFunctionsOfALibraryRunWhenTheWorkerEnds(): void
    {
        $file = (string) tempnam(sys_get_temp_dir(), 'parallite');
        file_put_contents("$file.php", '<?php function at_the_end(string $file): void {
            register_shutdown_function(fn() => file_put_contents($file, "at the end"));
        }');
        $worker = static::start(self::including("$file.php"));
        try {
            $reply = $worker->ask(['task_id' => 'a', 'payload' => 'at_the_end', 'context' => $file]);
            self::assertSame([true, false], [$reply['ok'], $reply['worker_ends'] ?? false]);
            self::assertTrue($worker->ask(['task_id' => 'b', 'payload' => 'phpversion'])['ok']);
            $worker->hangUp();
            self::assertSame(0, $worker->exitCode());
            self::assertSame('at the end', file_get_contents($file));
        } finally {
            $worker->stop();
            unlink($file);
            unlink("$file.php");
        }
    }

    public function testASeedOfATaskDoesNotMakeTheNextOneForeseeable(): void
    {
        $seeded = static function (): int {
            mt_srand(42);
            return mt_rand();
        };
        $first = self::perform($seeded)['result'];
        mt_srand(42);
        self::assertSame(mt_rand(), $first, 'within the task the seed holds');
        $second = mt_rand();
        self::assertNotSame($second, self::perform(static fn() => mt_rand())['result']);
    }

    public function testASeedThatATaskLeavesIsGone(): void
    {
        $draw = static fn(): int => mt_rand();
        foreach ([1, 2] as $_) {
            self::assertTrue(self::perform('phpversion')['ok'], 'after which the generator is as it was');
        }
        self::perform(static fn() => mt_srand(42));
        mt_srand(42);
        self::assertNotSame(mt_rand(), self::perform($draw)['result']);
        self::assertNotSame(self::perform($draw)['result'], self::perform($draw)['result']);
    }

    public function testCyclesThatATaskLeavesAreDestroyedBeforeTheNext(): void
    {
        $leave = static function (): void {
            $cycle = new class {
                public ?object $self;

                public function __destruct()
                {
                    echo 'destroyed too late';
                }
            };
            $cycle->self = $cycle;
        };
        $collect = static fn(): int => gc_collect_cycles();
        for ($i = 0; $i < 20; $i++) {
            self::assertSame(['ok' => true, 'result' => PHP_VERSION], self::perform('phpversion'));
        }
        self::assertSame(['ok' => true, 'result' => null], self::perform($leave));
        self::assertSame(['ok' => true, 'result' => 0], self::perform($collect));
    }

    public function testPutsBackHandlersThatATaskTookAway(): void
    {
        $include = tempnam(sys_get_temp_dir(), 'parallite');
        $handler = 'fn(int $level, string $text) => throw new ErrorException($text)';
        file_put_contents($include, "<?php set_error_handler($handler);");
        $worker = static::start(self::including($include));
        try {
            $take = self::payload(static fn() => restore_error_handler(), 'laravel');
            $warn = self::payload(static fn() => trigger_error('a warning'), 'laravel');
            $worker->ask(['task_id' => 'a', 'payload' => $take]);
            self::assertSame('ErrorException', $worker->ask(['task_id' => 'b', 'payload' => $warn])['class'] ?? null);
            $bad = $worker->ask(['task_id' => 'c', 'payload' => 'O:8:"oh dear']);
            self::assertSame('INVALID_PAYLOAD', $bad['error_code']);
        } finally {
            $worker->stop();
            unlink($include);
        }
    }

    public function testMemoryStaysFlat(): void
    {
        $use = static function (): int {
            $data = range(1, 20_000);
            $cycle = new \stdClass();
            $cycle->self = $cycle;
            $cycle->data = $data;
            return memory_get_usage();
        };
        for ($i = 0; $i < 20; $i++) {
            $before = self::perform($use)['result'];
        }
        for ($i = 0; $i < 300; $i++) {
            $after = self::perform($use)['result'];
        }
        // the closure libraries keep a little of each closure; data must go
        self::assertLessThan(1_500_000, $after - $before);
    }
}
