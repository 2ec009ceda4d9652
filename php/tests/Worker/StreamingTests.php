<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

use B7s\Parallite\Task;

/**
 * What a task prints is told while it runs to who wants that, and bytes that are no text arrive as they are.
 */
trait StreamingTests
{
    /**
     * Puts a stream together from its pieces, each of which must begin where the last one ended.
     *
     * @param list<array<string, mixed>> $events
     */
    private static function printed(string $stream, array $events): string
    {
        $text = '';
        foreach ($events as $event) {
            if (($event['stream'] ?? null) === $stream) {
                $data = self::bytes('data', $event);
                self::assertSame([strlen($text), strlen($data)], [$event['offset'], $event['length']]);
                $text .= $data;
            }
        }
        return $text;
    }

    /** @param array<string, mixed> $fields */
    private static function bytes(string $name, array $fields): string
    {
        $isEncoded = ($fields["{$name}_encoding"] ?? null) === 'base64';
        return $isEncoded ? base64_decode($fields[$name], true) : $fields[$name];
    }

    /** @dataProvider encodings */
    public function testStreamsWhatACommandPrintsWhileItRuns(string $encoding): void
    {
        $command = 'echo one; sleep 0.3; echo two >&2; printf "\303\274\377"; sleep 0.3; echo three';
        $request = ['task_id' => 'c', 'command' => $command, 'stream_output' => true, 'accept' => 'base64'];
        self::worker()->send(self::worker()->encode($request, $encoding));
        $first = self::worker()->reply();
        $began = microtime(true);
        [$events, $reply] = self::finish('c');

        self::assertSame(['stdout', 0, 4, "one\n"], array_slice(array_values($first), 2));
        self::assertGreaterThan(0.4, microtime(true) - $began, 'the first piece comes long before the reply');
        self::assertSame("one\nü\xffthree\n", self::printed('stdout', [$first, ...$events]));
        self::assertSame("two\n", self::printed('stderr', $events));
        self::assertSame("one\nü\xffthree\n", self::bytes('stdout', $reply['result']));
        self::assertSame("two\n", $reply['result']['stderr']);
    }

    public function testStreamsMuchOutputInPiecesAndBreaksNoCharacter(): void
    {
        $command = 'i=0; while [ $i -lt 20000 ]; do echo äöü; i=$((i + 1)); done';
        $request = ['task_id' => 'm', 'command' => $command, 'stream_output' => true];
        self::worker()->send(self::worker()->encode($request));
        [$events, $reply] = self::finish('m');

        self::assertSame($reply['result']['stdout'], self::printed('stdout', $events));
        self::assertSame(str_repeat("äöü\n", 20_000), $reply['result']['stdout']);
        self::assertLessThanOrEqual(16_384, max(array_column($events, 'length')));
        self::assertSame([], array_column($events, 'data_encoding'), 'it is text, and stays text');
    }

    public function testKeepsACharacterTogetherOfWhichTheRestComesLater(): void
    {
        $command = 'printf "a\303"; sleep 0.2; printf "\274b\342\202"; sleep 0.2; printf "\254"; sleep 0.2; printf "\303"';
        $request = ['task_id' => 'h', 'command' => $command, 'stream_output' => true, 'accept' => 'base64'];
        self::worker()->send(self::worker()->encode($request));
        [$events, $reply] = self::finish('h');

        self::assertSame("aüb€\xc3", self::printed('stdout', $events));
        self::assertSame(['base64'], array_column($events, 'data_encoding'), 'nothing but what never becomes text');
        self::assertSame("aüb€\xc3", self::bytes('stdout', $reply['result']));
    }

    /** @dataProvider encodings */
    public function testTellsAllToWhoBeginsToFollowACommandLater(string $encoding): void
    {
        $send = static fn(array $map) => self::worker()->send(self::worker()->encode($map, $encoding));
        $send(['task_id' => 'f', 'command' => 'echo one; sleep 0.6; echo two; sleep 0.6; echo three']);
        usleep(200_000);
        $send(['type' => 'follow', 'task_id' => 'another']);
        $send(['type' => 'follow', 'task_id' => 'f']);
        $first = self::worker()->reply();
        $second = self::worker()->reply();
        $send(['type' => 'follow', 'task_id' => 'f']);
        [$events] = self::finish('f');

        self::assertSame(["one\n", "two\n"], [$first['data'], $second['data']]);
        self::assertSame([[0, "one\ntwo\n"], [8, "three\n"]], array_map(
            static fn(array $event): array => [$event['offset'], $event['data']],
            $events,
        ));
    }

    public function testTellsNobodyWhatACommandPrintsUnlessAsked(): void
    {
        self::worker()->send(self::worker()->encode(['task_id' => 'q', 'command' => 'echo one', 'stream' => true]));

        self::assertSame([], self::finish('q')[0]);
    }

    /** @dataProvider encodings */
    public function testIgnoresAFollowThatComesTooLate(string $encoding): void
    {
        self::worker()->send(self::worker()->encode(['type' => 'follow', 'task_id' => 'late'], $encoding));

        self::assertSame(['ok' => true, 'result' => PHP_VERSION], self::ask(['payload' => 'phpversion'], $encoding));
    }

    /** @dataProvider encodings */
    public function testStreamsWhatPhpPrintsAsItPrintsIt(string $encoding): void
    {
        $task = static function (): int {
            echo 'first ';
            Task::emit('between');
            ob_start();
            echo 'second ';
            ob_end_flush();
            echo "\xff";
            return 1;
        };
        $fields = ['stream_output' => true, 'accept' => 'base64'];
        [$events, $reply] = self::observe($task, $encoding, $fields);

        self::assertSame(['output', 'emit', 'output', 'output'], array_column($events, 'event'));
        self::assertSame("first second \xff", self::printed('output', $events));
        self::assertSame("first second \xff", self::bytes('output', $reply));
        self::assertSame([], self::observe($task, $encoding, ['stream' => false])[0]);
    }

    public function testStreamsMoreThanTheReplyHolds(): void
    {
        $started = hrtime(true);
        [$events, $reply] = self::observe(static function (): void {
            for ($i = 0; $i < 30_000; $i++) {
                echo "line $i\n";
            }
        }, 'json', ['stream_output' => true]);

        $expected = implode('', array_map(static fn(int $i): string => "line $i\n", range(0, 29_999)));
        self::assertSame($expected, self::printed('output', $events));
        $seconds = 2 + intdiv(hrtime(true) - $started, 1_000_000_000);
        self::assertLessThan(1_000 * $seconds, count($events), 'who prints without end is told of in larger pieces');
        self::assertTrue($reply['output_truncated']);
        self::assertSame(substr($expected, 0, 65_536), $reply['output']);
    }

    public function testAForkedChildTellsNothingOfWhatItPrints(): void
    {
        [$events, $reply] = self::observe(static function (): string {
            $child = pcntl_fork();
            if ($child === 0) {
                echo 'child';
                posix_kill(getmypid(), SIGKILL);
            }
            pcntl_waitpid($child, $status);
            echo 'parent';
            return 'done';
        }, 'json', ['stream_output' => true]);

        self::assertSame('done', $reply['result']);
        self::assertSame('parent', self::printed('output', $events));
    }

    /** @dataProvider encodings */
    public function testACancelledCommandIsAskedToEnd(string $encoding): void
    {
        $command = 'trap "echo bye; exit 5" TERM; echo ready; while :; do sleep 0.02; done';
        $request = ['task_id' => 'k', 'command' => $command, 'stream_output' => true];
        self::worker()->send(self::worker()->encode($request, $encoding));
        self::assertSame("ready\n", self::worker()->reply()['data']);
        self::worker()->send(self::worker()->encode(['type' => 'cancel', 'task_id' => 'k'], $encoding));
        [, $reply] = self::finish('k');

        self::assertSame(['stdout' => "ready\nbye\n", 'stderr' => '', 'exit_code' => 5], $reply['result']);
    }

    public function testBytesTravelInBase64WhereTheClientAcceptsThat(): void
    {
        $bytes = static fn(): string => "\xff\x00";
        $fields = ['accept' => 'base64'];
        self::assertSame(
            ['ok' => true, 'result' => base64_encode("\xff\x00"), 'result_encoding' => 'base64'],
            self::perform($bytes, fields: $fields),
        );
        self::assertSame(['ok' => true, 'result' => "\xff\x00"], self::perform($bytes, 'laravel', 'msgpack', $fields));
        self::assertSame(['ok' => true, 'result' => 'text'], self::perform(static fn() => 'text', fields: $fields));
        self::assertFailed('RESULT_NOT_ENCODABLE', 'not valid UTF-8', self::perform($bytes));
        $nested = self::perform(static fn() => ["\xff"], fields: $fields);
        self::assertFailed('RESULT_NOT_ENCODABLE', 'result[0]', $nested);

        [$events] = self::observe(static fn() => Task::emit("\xfe"), 'json', $fields + ['stream' => true]);
        self::assertSame([base64_encode("\xfe"), 'base64'], [$events[0]['value'], $events[0]['value_encoding']]);

        $printf = ['command' => ['printf', '\377'], 'accept' => 'base64'];
        $expected = ['stdout' => base64_encode("\xff"), 'stdout_encoding' => 'base64'];
        self::assertSame($expected + ['stderr' => '', 'exit_code' => 0], self::ask($printf)['result']);
        self::assertFailed('RESULT_NOT_ENCODABLE', 'result.stdout', self::ask(['command' => ['printf', '\377']]));
    }
}
