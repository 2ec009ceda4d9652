<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

use B7s\Parallite\Task;
use B7s\Parallite\Tests\Support\Suit;
use B7s\Parallite\Wire\PhpValue;

/**
 * What a task tells while it runs, and what it is told.
 */
trait EventTests
{
    /** @dataProvider encodings */
    public function testReportsProgressAtMostTenTimesASecondAndTheLastInAnyCase(string $encoding): void
    {
        [$events, $reply] = self::observe(static function (): string {
            $started = hrtime(true);
            for ($i = 0; hrtime(true) - $started < 250_000_000; $i++) {
                Task::progress(0.25, "step $i");
            }
            Task::progress(null, 'nearly');
            Task::progress(2.0);
            return 'done';
        }, $encoding);

        self::assertSame(['ok' => true, 'result' => 'done'], $reply);
        self::assertSame(['event' => 'progress', 'fraction' => 0.25, 'message' => 'step 0'], $events[0]);
        self::assertSame(['event' => 'progress', 'fraction' => 1.0], $events[count($events) - 1]);
        self::assertGreaterThanOrEqual(3, count($events));
        self::assertLessThanOrEqual(5, count($events));
    }

    public function testEachTaskHasProgressOfItsOwn(): void
    {
        for ($i = 0; $i < 3; $i++) {
            [$events] = self::observe(static fn() => Task::progress(0.5, "caf\xe9 " . str_repeat('x', 5_000)), 'json');
            self::assertCount(1, $events);
            self::assertStringStartsWith("caf\u{fffd} xxx", $events[0]['message']);
            self::assertLessThan(1_100, strlen($events[0]['message']));
        }
    }

    public function testTheLastProgressComesBeforeAFailureToo(): void
    {
        foreach (['throw', 'exit'] as $end) {
            [$events, $reply] = self::observe(static function () use ($end): void {
                Task::progress(0.1);
                Task::progress(0.9);
                $end === 'exit' ? exit(0) : throw new \Exception('x');
            }, 'json');
            self::assertFalse($reply['ok']);
            self::assertSame([0.1, 0.9], array_column($events, 'fraction'));
        }
        self::assertWorkerEnds();
    }

    /** @dataProvider encodings */
    public function testEmitsValuesToAClientThatStreams(string $encoding): void
    {
        $task = static function (): string {
            foreach ([1, ['a' => null], (object) ['suit' => Suit::Hearts], 'text'] as $value) {
                Task::emit($value);
            }
            return 'done';
        };
        [$events, $reply] = self::observe($task, $encoding, ['stream' => true]);
        self::assertSame(['ok' => true, 'result' => 'done'], $reply);
        self::assertSame([1, ['a' => null], ['suit' => 'H'], 'text'], array_column($events, 'value'));
        self::assertSame(['event', 'value'], array_keys($events[0]));

        [$events] = self::observe($task, $encoding, ['stream' => true, 'accept' => 'php']);
        self::assertSame(['event', 'value', 'value_encoding'], array_keys($events[2]));
        self::assertSame(Suit::Hearts, PhpValue::decode($events[2]['value'])->suit);

        [$events, $reply] = self::observe($task, $encoding);
        self::assertSame([[], ['ok' => true, 'result' => 'done']], [$events, $reply]);
    }

    /** @dataProvider encodings */
    public function testAnEmittedValueThatCannotTravelFailsTheTask(string $encoding): void
    {
        $fields = ['stream' => true];
        [$events, $reply] = self::observe(static function (): void {
            Task::emit(['a' => static fn() => 1]);
        }, $encoding, $fields);
        self::assertSame([], $events);
        self::assertFailed('RESULT_NOT_ENCODABLE', 'value.a is a Closure', $reply);

        [, $reply] = self::observe(static fn() => Task::emit([STDERR]), $encoding, $fields + ['accept' => 'php']);
        self::assertFailed('RESULT_NOT_ENCODABLE', 'value[0] is a resource', $reply);

        [, $reply] = self::observe(static fn() => Task::emit(str_repeat('x', 11_000_000)), $encoding, $fields);
        self::assertFailed('RESULT_TOO_LARGE', 'emit less at once', $reply);

        [$events, $reply] = self::observe(static fn() => Task::emit("\xff"), $encoding, $fields);
        if ($encoding === 'json') {
            self::assertFailed('RESULT_NOT_ENCODABLE', 'value is a string that is not valid UTF-8', $reply);
        } else {
            self::assertSame("\xff", $events[0]['value']);
        }
    }

    public function testAForkedChildTellsNothing(): void
    {
        [$events, $reply] = self::observe(static function (): string {
            $pid = pcntl_fork();
            if ($pid === 0) {
                Task::progress(0.5);
                Task::emit('child');
                exit(0);
            }
            pcntl_waitpid($pid, $status);
            Task::emit('parent');
            return 'done';
        }, 'json', ['stream' => true]);

        self::assertSame('done', $reply['result']);
        self::assertSame(['parent'], array_column($events, 'value'));
    }

    public function testShowsThatItWaitsForACommandOrRunsCodeOfTheCommandLine(): void
    {
        $stackOf = static function (array $task): string {
            self::worker()->send(self::worker()->encode(['task_id' => 's', 'stream_output' => true] + $task));
            self::assertSame('begun', trim(self::worker()->reply()['data']));
            posix_kill(self::worker()->pid(), SIGUSR2);
            [$events, $reply] = self::finish('s');
            self::assertTrue($reply['ok']);
            return implode(' / ', array_column($events, 'stack'));
        };
        $code = 'echo "begun"; $until = hrtime(true) + 500_000_000; while (hrtime(true) < $until);';

        self::assertSame('#0 {command}', $stackOf(['command' => 'echo begun; sleep 0.5']));
        self::assertMatchesRegularExpression(
            '~^#0 (\[internal]\n#1 )?\{code}\(1\)(: hrtime\(\))?$~',
            $stackOf(['payload' => 'B7s\Parallite\Worker\Script::code', 'context' => ['code' => $code]]),
        );
        $request = ['payload' => 'B7s\Parallite\Worker\Script::code', 'context' => ['code' => 'intdiv(1, 0)']];
        $thrown = self::ask($request);
        self::assertSame(['{code}', 1], [$thrown['file'], $thrown['line']]);
        self::assertSame('#0 {code}(1): intdiv()', $thrown['trace']);
    }

    public function testTellsNothingToADaemonThatDoesNotKnowEvents(): void
    {
        $worker = static::start(self::including() + ['PARALLITE_EVENTS' => '0']);
        try {
            $task = self::payload(static function (): array {
                Task::progress(0.5);
                Task::emit(1);
                return [Task::isCancelled(), pcntl_async_signals()];
            }, 'laravel');
            $reply = $worker->ask(['task_id' => 'a', 'payload' => $task, 'stream' => true]);
            self::assertSame(['task_id' => 'a', 'ok' => true, 'result' => [false, false]], $reply);
            self::assertSame(['ping'], $worker->hello['features'] ?? ['ping']);
        } finally {
            $worker->stop();
        }
    }

    /** @dataProvider encodings */
    public function testATaskLearnsThatItIsCancelled(string $encoding): void
    {
        $payload = self::payload(static function (): array {
            Task::emit('begun');
            $asked = 0;
            while (!Task::isCancelled()) {
                $asked++;
                usleep(100);
            }
            return [$asked > 0, Task::isCancelled()];
        }, 'laravel');
        $send = static fn(array $map) => self::worker()->send(self::worker()->encode($map, $encoding));
        $send(['task_id' => 'c', 'payload' => $payload, 'stream' => true]);
        self::assertSame('begun', self::worker()->reply()['value']);
        $send(['type' => 'cancel', 'task_id' => 'another']);
        $send(['task_id' => 'next', 'payload' => 'phpversion']);
        usleep(20_000);
        $send(['type' => 'cancel', 'task_id' => 'c']);

        self::assertSame(['task_id' => 'c', 'ok' => true, 'result' => [true, true]], self::worker()->reply());
        self::assertSame(['task_id' => 'next', 'ok' => true, 'result' => PHP_VERSION], self::worker()->reply());
    }

    /** @dataProvider encodings */
    public function testIgnoresACancelThatComesTooLate(string $encoding): void
    {
        $cancel = ['type' => 'cancel', 'task_id' => 'late'];
        self::worker()->send(self::worker()->encode($cancel, $encoding));
        $cancelled = self::payload(static fn() => Task::isCancelled(), 'laravel');
        $reply = self::worker()->ask(['task_id' => 'late', 'payload' => $cancelled], $encoding);
        self::assertSame(['task_id' => 'late', 'ok' => true, 'result' => false], $reply);
    }

    public function testATaskLearnsThatTheDaemonHasGone(): void
    {
        $file = tempnam(sys_get_temp_dir(), 'parallite');
        $payload = self::payload(static function () use ($file): void {
            while (!Task::isCancelled()) {
                usleep(1_000);
            }
            file_put_contents($file, 'noticed');
        }, 'laravel');
        self::worker()->send(self::worker()->encode(['task_id' => 'x', 'payload' => $payload]));
        usleep(50_000);
        self::worker()->hangUp();

        self::assertSame(0, self::worker()->exitCode());
        self::assertSame('noticed', file_get_contents($file));
        unlink($file);
        self::forget();
    }

    /** @dataProvider encodings */
    public function testGivesTheStackOfARunningTask(string $encoding): void
    {
        $payload = self::payload(static function (): string {
            $spin = static function (string $secret): void {
                $started = hrtime(true);
                while (hrtime(true) - $started < 300_000_000) {
                    continue;
                }
            };
            Task::emit('begun');
            $spin('pass' . 'word');
            return 'done';
        }, 'laravel');
        $request = ['task_id' => 's', 'payload' => $payload, 'stream' => true];
        self::worker()->send(self::worker()->encode($request, $encoding));
        self::assertSame('begun', self::worker()->reply()['value']);
        usleep(50_000);
        posix_kill(self::worker()->pid(), SIGUSR2);

        [$events, $reply] = self::finish('s');

        self::assertSame('done', $reply['result']);
        self::assertSame('stack', $events[0]['event']);
        self::assertMatchesRegularExpression(
            '~^#0 \{closure}\(\d+\)\n#1 \{closure}\(\d+\): \S*\{closure}\(\)$~D',
            // since PHP 8.4 a signal may be handled at the end of a function of PHP's own, too
            preg_replace('~^#0 \[internal]\n#1 (\S+): hrtime\(\)\n#2~', "#0 $1\n#1", $events[0]['stack']),
        );
        self::assertStringNotContainsString('password', $events[0]['stack']);
        self::assertStringNotContainsString('TaskRunner', $events[0]['stack']);
        self::assertStringNotContainsString('TaskEvents', $events[0]['stack']);
    }

    public function testASignalForTheStackBetweenTasksDoesNothing(): void
    {
        self::assertTrue(self::perform('phpversion')['ok']);
        for ($i = 0; $i < 30; $i++) {
            posix_kill(self::worker()->pid(), SIGUSR2);
            usleep(1_000);
        }
        self::assertTrue(self::perform('phpversion')['ok']);
    }

    public function testAStackDoesNotBreakIntoAFrame(): void
    {
        $payload = self::payload(static function (): string {
            for ($i = 0; $i < 40; $i++) {
                Task::emit(str_repeat('x', 500_000));
            }
            return 'done';
        }, 'laravel');
        $request = ['task_id' => 's', 'payload' => $payload, 'stream' => true];
        self::worker()->send(self::worker()->encode($request));
        $kinds = [];
        do {
            usleep(2_000); // the worker waits in the middle of a frame
            posix_kill(self::worker()->pid(), SIGUSR2);
            $frame = self::worker()->reply();
            $kinds[] = $frame['event'] ?? 'reply';
        } while (isset($frame['event']));

        self::assertSame('done', $frame['result']);
        self::assertSame(40, array_count_values($kinds)['emit']);
        self::assertGreaterThan(5, array_count_values($kinds)['stack']);
    }
}
