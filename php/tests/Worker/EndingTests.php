<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

/**
 * Tasks that throw, and tasks that take the process with them: both are answered.
 */
trait EndingTests
{
    /** @dataProvider languages */
    public function testReportsAnException(string $library, string $encoding): void
    {
        $reply = self::perform(static function (): void {
            $inner = static function (string $secret): void {
                throw new \DomainException('no such order', 404, new \LogicException('cause'));
            };
            $inner('pass' . 'word');
        }, $library, $encoding);

        self::assertFailed('EXCEPTION', 'no such order', $reply);
        self::assertSame('DomainException', $reply['class']);
        self::assertSame(404, $reply['code']);
        self::assertSame('{closure}', $reply['file']);
        self::assertIsInt($reply['line']);
        self::assertStringContainsString('#0 ', $reply['trace']);
        self::assertStringContainsString('caused by LogicException: cause', $reply['trace']);
        self::assertStringNotContainsString('password', $reply['trace']);
        self::assertStringNotContainsString('TaskRunner', $reply['trace']);
    }

    /** @dataProvider languages */
    public function testReportsAnErrorOfPhp(string $library, string $encoding): void
    {
        $reply = self::perform(static fn() => intdiv(1, 0), $library, $encoding);

        self::assertFailed('EXCEPTION', 'Division by zero', $reply);
        self::assertSame('DivisionByZeroError', $reply['class']);
    }

    /** @dataProvider encodings */
    public function testReportsExceptionsThatAreHardToReport(string $encoding): void
    {
        $reply = self::perform(static function (): void {
            $circular = new \stdClass();
            $circular->self = $circular;
            $throw = static function (object $circular): void {
                throw new \RuntimeException("caf\xe9 " . str_repeat('x', 200_000));
            };
            $throw($circular);
        }, 'laravel', $encoding);
        self::assertFailed('EXCEPTION', "caf\u{fffd} xxx", $reply);
        self::assertLessThan(70_000, strlen($reply['error']));

        $reply = self::perform(static function (): void {
            $first = new \RuntimeException('first');
            $second = new \RuntimeException('second', 0, $first);
            (new \ReflectionProperty(\Exception::class, 'previous'))->setValue($first, $second);
            throw $second;
        }, 'laravel', $encoding);
        self::assertFailed('EXCEPTION', 'second', $reply);

        $reply = self::perform(static function (): void {
            $fail = static fn() => throw new \RuntimeException('deep');
            $deep = static fn(callable $self, int $n) => $n === 0 ? $fail() : $self($self, $n - 1);
            $deep($deep, 5_000);
        }, 'laravel', $encoding);
        self::assertFailed('EXCEPTION', 'deep', $reply);
        self::assertLessThan(110, substr_count($reply['trace'], "\n"));

        $reply = self::perform(static function (): void {
            (static fn(int $needed): int => $needed)();
        }, 'laravel', $encoding, ['accept' => 'php']);
        self::assertFailed('EXCEPTION', '{closure}(), 0 passed', $reply);
        self::assertStringNotContainsString('$needed', $reply['error'] . $reply['trace']);
        $blob = $encoding === 'json' ? base64_decode($reply['exception']) : $reply['exception'];
        self::assertStringNotContainsString('$needed', $blob);

        $reply = self::perform(static function (): void {
            throw new class ('anonymous') extends \Exception {
                protected $code = 'HY000';
            };
        }, 'laravel', $encoding);
        self::assertSame(['Exception@anonymous', 'HY000'], [$reply['class'], $reply['code']]);
    }

    public function testReportsAnExceptionThrownByADestructor(): void
    {
        $bomb = static fn(): object => new class () {
            public ?object $self = null;

            public function __destruct()
            {
                throw new \RuntimeException('destroyed');
            }
        };

        $inTask = self::perform(static function () use ($bomb): int {
            $bomb();
            return 1;
        });
        self::assertFailed('EXCEPTION', 'destroyed', $inTask);

        self::assertFailed('EXCEPTION', 'destroyed', self::perform($bomb));

        $inGarbage = self::perform(static function () use ($bomb): int {
            $cycle = $bomb();
            $cycle->self = $cycle;
            return 2;
        });
        self::assertSame(['ok' => true, 'result' => 2], $inGarbage);
    }

    /** @dataProvider languages */
    public function testAnswersForATaskThatExits(string $library, string $encoding): void
    {
        $reply = self::perform(static function (): void {
            echo 'last words';
            exit(3);
        }, $library, $encoding);

        self::assertFailed('EXITED', 'exit()', $reply);
        self::assertSame('last words', $reply['output']);
        self::assertWorkerEnds(3);
    }

    /** @dataProvider languages */
    public function testAnswersForATaskThatDies(string $library, string $encoding): void
    {
        $reply = self::perform(static fn() => die('x'), $library, $encoding);

        self::assertFailed('EXITED', 'die()', $reply);
        self::assertSame('x', $reply['output']);
        self::assertWorkerEnds();
    }

    public function testAnswersForADestructorThatExits(): void
    {
        $reply = self::perform(static function (): object {
            return new class () {
                public function __destruct()
                {
                    exit(0);
                }
            };
        });

        self::assertFailed('EXITED', 'exit()', $reply);
        self::assertWorkerEnds();
    }

    public function testClosesTheChannelBeforeTheShutdownFunctionsOfTheTask(): void
    {
        $isOpen = (string) tempnam(sys_get_temp_dir(), 'parallite-test-');
        $reply = self::perform(static function () use ($isOpen): void {
            register_shutdown_function(static function () use ($isOpen): void {
                echo 'unheard';
                for ($i = 0; file_exists($isOpen) && $i < 12_000; $i++) {
                    usleep(10_000);
                    clearstatcache();
                }
            });
            exit;
        });

        self::assertFailed('EXITED', 'exit()', $reply);
        self::assertArrayNotHasKey('output', $reply);
        if (self::worker()->hello !== null) {
            self::assertNull(self::worker()->readBody(), 'while the function still runs');
        }
        unlink($isOpen);
        self::assertWorkerEnds();
    }

    /** @dataProvider languages */
    public function testAnswersForAFatalError(string $library, string $encoding): void
    {
        $reply = self::perform(static function (): void {
            eval('class Unfinished implements \Countable {}');
        }, $library, $encoding);

        self::assertFailed('FATAL', 'Unfinished contains 1 abstract method', $reply);
        self::assertIsInt($reply['line']);
        self::assertWorkerEnds(255);
    }

    public function testAnswersForAFatalErrorOfTheUser(): void
    {
        $reply = self::perform(static fn() => trigger_error('enough', E_USER_ERROR));

        self::assertFailed('FATAL', 'enough', $reply);
        self::assertWorkerEnds(255);
    }

    /** @dataProvider languages */
    public function testAnswersWhenMemoryRunsOut(string $library, string $encoding): void
    {
        $reply = self::perform(static function (): void {
            ini_set('memory_limit', '64M');
            $hoard = [];
            while (true) {
                $hoard[] = str_repeat('x', 1_000) . count($hoard);
            }
        }, $library, $encoding);

        self::assertFailed('FATAL', 'Allowed memory size', $reply);
        self::assertWorkerEnds(255);
    }

    public function testAnswersWhenTheTimeLimitOfPhpIsReached(): void
    {
        $reply = self::perform(static function (): void {
            set_time_limit(1);
            while (true) {
                continue;
            }
        });

        self::assertFailed('FATAL', 'Maximum execution time', $reply);
        self::assertWorkerEnds(255);
    }

    /** @dataProvider languages */
    public function testOnlyTheParentOfAForkAnswers(string $library, string $encoding): void
    {
        foreach (['return', 'exit', 'throw', 'print'] as $way) {
            $reply = self::perform(static function () use ($way): mixed {
                echo 'parent ';
                $pid = pcntl_fork();
                if ($pid === 0) {
                    match ($way) {
                        'return' => null,
                        'exit' => exit(0),
                        'throw' => throw new \RuntimeException('in the child'),
                        'print' => fwrite(STDOUT, 'child '),
                    };
                    return 'child';
                }
                pcntl_waitpid($pid, $status);
                return [pcntl_wifexited($status), pcntl_wexitstatus($status)];
            }, $library, $encoding);

            self::assertSame([true, 0], $reply['result'], $way);
            self::assertSame($way === 'print' ? 'parent child ' : 'parent ', $reply['output'], $way);
        }
    }

    public function testAForkedChildDoesNotServeTheNextTask(): void
    {
        $pid = self::perform(static function (): int {
            $pid = pcntl_fork();
            if ($pid === 0) {
                usleep(200_000);
            }
            return $pid === 0 ? 0 : $pid;
        })['result'];

        for ($i = 0; $i < 40; $i++) {
            self::assertSame(self::worker()->pid(), self::perform('getmypid')['result']);
            usleep(10_000);
        }
        self::perform(static fn() => pcntl_waitpid($pid, $status));
        self::assertFalse(posix_kill($pid, 0), 'the child has ended');
    }
}
