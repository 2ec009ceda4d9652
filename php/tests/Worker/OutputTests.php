<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

/**
 * What a task prints comes back with its reply, by whichever way it printed it, and disturbs nothing.
 */
trait OutputTests
{
    /** @dataProvider languages */
    public function testReturnsWhatWasPrinted(string $library, string $encoding): void
    {
        $reply = self::perform(static function (): int {
            echo 'hello ';
            print 'world';
            return 1;
        }, $library, $encoding);

        self::assertSame(['ok' => true, 'result' => 1, 'output' => 'hello world'], $reply);
    }

    /** @dataProvider languages */
    public function testReturnsWhatWasWrittenToTheStandardOutput(string $library, string $encoding): void
    {
        $reply = self::perform(static function (): string {
            fwrite(STDOUT, "constant\n");
            file_put_contents('php://stdout', "stream\n");
            system('echo child');
            passthru('echo passed');
            exec('echo taken; echo direct >&2');
            return 'done';
        }, $library, $encoding);

        self::assertSame('done', $reply['result']);
        foreach (['constant', 'stream', 'child', 'passed'] as $word) {
            self::assertStringContainsString("$word\n", $reply['output']);
        }
        self::assertStringNotContainsString('taken', $reply['output']);
    }

    /** @dataProvider languages */
    public function testReturnsWarningsAsOutput(string $library, string $encoding): void
    {
        $reply = self::perform(static function (): string {
            $array = [];
            return 'went on' . @$array['a'] . $array['b'];
        }, $library, $encoding);

        self::assertSame('went on', $reply['result']);
        self::assertStringContainsString('Undefined array key "b"', $reply['output']);
    }

    /** @return array<string, array{list<string>}> options of PHP */
    public static function settingsForErrors(): array
    {
        return [
            'as PHP comes' => [['-n']],
            'as distributions have it' => [['-d', 'display_errors=Off', '-d', 'log_errors=On']],
            'to the standard error' => [['-d', 'display_errors=stderr', '-d', 'log_errors=Off']],
            'in HTML' => [['-d', 'display_errors=On', '-d', 'html_errors=On', '-d', 'error_log=/dev/null']],
        ];
    }

    /**
     * @dataProvider settingsForErrors
     * @param list<string> $options
     */
    public function testReturnsWarningsAsOutputWhateverPhpIsToldToDoWithThem(array $options): void
    {
        $worker = static::start([], $options);
        try {
            foreach (['/nonexistent/1', '/nonexistent/2'] as $file) {
                $request = ['task_id' => $file, 'payload' => 'file_get_contents', 'context' => $file];
                $reply = $worker->ask($request);
                self::assertFalse($reply['result']);
                self::assertStringStartsWith("\nWarning: file_get_contents($file)", $reply['output']);
                self::assertSame(1, substr_count($reply['output'], 'nonexistent'), 'its own, once');
            }
        } finally {
            $worker->stop();
        }
    }

    /** @dataProvider encodings */
    public function testCutsOutputThatIsTooLong(string $encoding): void
    {
        $reply = self::perform(static function (): void {
            for ($i = 0; $i < 1_000; $i++) {
                echo str_repeat('x', 1_000);
            }
        }, 'laravel', $encoding);

        self::assertSame(65_536, strlen($reply['output']));
        self::assertTrue($reply['output_truncated']);
    }

    /** @dataProvider encodings */
    public function testCutsStandardOutputThatIsTooLong(string $encoding): void
    {
        $reply = self::perform(static fn() => fwrite(STDOUT, str_repeat('x', 1_000_000)), 'laravel', $encoding);

        self::assertSame(65_536, strlen($reply['output']));
        self::assertTrue($reply['output_truncated']);
    }

    public function testPrintsWithoutBoundInBoundedMemory(): void
    {
        $reply = self::perform(static function (): int {
            $before = memory_get_usage();
            for ($i = 0; $i < 20_000; $i++) {
                echo str_repeat('x', 1_000);
            }
            return memory_get_usage() - $before;
        });

        self::assertLessThan(500_000, $reply['result']);
    }

    /** @dataProvider encodings */
    public function testOutputThatIsNotUtf8IsMadeSo(string $encoding): void
    {
        $reply = self::perform(static function (): void {
            echo "caf\xe9";
        }, 'laravel', $encoding);

        self::assertSame("caf\u{fffd}", $reply['output']);
    }

    /** @dataProvider languages */
    public function testFlushesBuffersThatWereLeftOpen(string $library, string $encoding): void
    {
        $reply = self::perform(static function (): void {
            echo 'a';
            ob_start();
            echo 'b';
            ob_start(static fn(string $text): string => strtoupper($text));
            echo 'c';
        }, $library, $encoding);

        self::assertSame('abC', $reply['output']);
    }

    public function testSurvivesATaskThatClosesEveryBuffer(): void
    {
        $reply = self::perform(static function (): void {
            echo 'dropped';
            while (ob_get_level() > 0) {
                ob_end_clean();
            }
            echo 'kept';
        });

        self::assertSame(['ok' => true, 'result' => null, 'output' => 'kept'], $reply);
    }

    public function testSurvivesATaskThatPutsItsOwnBufferInThePlace(): void
    {
        $reply = self::perform(static function (): void {
            ob_end_clean();
            ob_start();
            echo 'kept';
        });
        self::assertSame('kept', $reply['output']);

        self::assertSame('next', self::perform(static fn() => print 'next')['output']);
    }

    public function testSurvivesABufferWhoseCallbackThrows(): void
    {
        $reply = self::perform(static function (): void {
            ob_start(static fn() => throw new \RuntimeException('in the buffer'));
            echo 'x';
        });

        self::assertArrayHasKey('ok', $reply);
    }

    public function testReplacesItselfAfterABufferThatCannotBeRemoved(): void
    {
        $reply = self::perform(static function (): int {
            ob_start(null, 0, 0);
            echo 'stuck';
            return 5;
        });

        self::assertSame(5, $reply['result']);
        self::assertWorkerEnds();
    }

    public function testTaskThatPrintsAndFailsReturnsBoth(): void
    {
        $reply = self::perform(static function (): void {
            echo 'before';
            throw new \RuntimeException('failed');
        });

        self::assertSame('before', $reply['output']);
        self::assertSame('failed', $reply['error']);
    }

    public function testTaskWhoseResultIsRefusedReturnsItsOutputToo(): void
    {
        $reply = self::perform(static function (): mixed {
            echo 'before';
            return STDERR;
        });

        self::assertFailed('RESULT_NOT_ENCODABLE', 'result is resource', $reply);
        self::assertSame('before', $reply['output']);
    }

    public function testTaskThatExitsWithinABufferReturnsItsOutputToo(): void
    {
        $reply = self::perform(static function (): void {
            ob_start();
            echo 'buffered';
            exit;
        });

        self::assertSame('buffered', $reply['output']);
        self::assertWorkerEnds();
    }

    /** @dataProvider languages */
    public function testStandardInputIsEmpty(string $library, string $encoding): void
    {
        $read = static fn() => [fgets(STDIN), feof(STDIN), file_get_contents('php://stdin')];
        $reply = self::perform($read, $library, $encoding);

        self::assertSame([false, true, ''], $reply['result']);
    }
}
