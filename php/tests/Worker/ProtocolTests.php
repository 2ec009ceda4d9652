<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

/**
 * Frames: whole, split, broken; and the end of the channel.
 */
trait ProtocolTests
{
    /** @dataProvider encodings */
    public function testUnderstandsFramesSplitAtEveryByte(string $encoding): void
    {
        $frame = self::worker()->encode(['task_id' => 'split', 'payload' => 'phpversion'], $encoding);
        for ($i = 1; $i < strlen($frame); $i++) {
            self::worker()->send(substr($frame, 0, $i));
            usleep(300);
            self::worker()->send(substr($frame, $i));
            self::assertSame(['task_id' => 'split', 'ok' => true, 'result' => PHP_VERSION], self::worker()->reply());
        }
    }

    /** @dataProvider encodings */
    public function testAnswersFramesThatCameTogetherOneByOne(string $encoding): void
    {
        $frames = '';
        for ($i = 0; $i < 20; $i++) {
            $frames .= self::worker()->encode(['task_id' => "t$i", 'payload' => 'phpversion'], $encoding);
        }
        self::worker()->send($frames);
        for ($i = 0; $i < 20; $i++) {
            self::assertSame("t$i", self::worker()->reply()['task_id']);
        }
    }

    /** @dataProvider encodings */
    public function testAnswersAPingAndGoesOn(string $encoding): void
    {
        $ping = self::worker()->encode(['type' => 'ping', 'echo' => 'e-1'], $encoding);
        $task = self::worker()->encode(['task_id' => 'after', 'payload' => 'phpversion'], $encoding);
        self::worker()->send($ping . $task . $ping);

        self::assertSame(['type' => 'pong', 'echo' => 'e-1'], self::worker()->reply());
        self::assertSame('after', self::worker()->reply()['task_id']);
        self::assertSame(['type' => 'pong', 'echo' => 'e-1'], self::worker()->reply());
    }

    public function testAPingIsNoTask(): void
    {
        $worker = static::start(self::including() + ['PARALLITE_WORKER_MAX_TASKS' => '1']);
        try {
            $worker->send($worker->encode(['type' => 'ping', 'echo' => 'e'], 'json'));
            self::assertSame('pong', $worker->reply()['type']);
            self::assertTrue($worker->ask(['task_id' => 'a', 'payload' => 'phpversion'])['ok']);
            self::assertSame(0, $worker->exitCode());
        } finally {
            $worker->stop();
        }
    }

    /** @return array<string, array{string, string}> */
    public static function malformedBodies(): array
    {
        return [
            'empty' => ['', 'MALFORMED_FRAME'],
            'no JSON' => ['{"task_id": oops', 'MALFORMED_FRAME'],
            'a JSON list' => [' [1]', 'INVALID_REQUEST'],
            'no MessagePack' => ["\x82\xa7task_id\xa1", 'MALFORMED_FRAME'],
            'an unknown encoding' => ["\xc1\xc1\xc1", 'MALFORMED_FRAME'],
            'no task_id' => ['{"payload":"phpversion"}', 'INVALID_REQUEST'],
            'an empty task_id' => ['{"task_id":"","payload":"phpversion"}', 'INVALID_REQUEST'],
            'a task_id that is a number' => ['{"task_id":1,"payload":"phpversion"}', 'INVALID_REQUEST'],
            'another type' => ['{"task_id":"a","type":"await"}', 'INVALID_REQUEST'],
            'no payload' => ['{"task_id":"a"}', 'INVALID_REQUEST'],
            'a command of the wrong type' => ['{"task_id":"a","command":5}', 'INVALID_REQUEST'],
            'a cwd of the wrong type' => ['{"task_id":"a","command":"true","cwd":5}', 'INVALID_REQUEST'],
        ];
    }

    /** @dataProvider malformedBodies */
    public function testAnswersAMalformedFrame(string $body, string $code): void
    {
        self::worker()->send(pack('N', strlen($body)) . $body);

        $reply = self::worker()->reply();

        self::assertFalse($reply['ok']);
        self::assertSame($code, $reply['error_code']);
        self::assertNotSame('', $reply['error']);
    }

    public function testIgnoresFieldsItDoesNotKnow(): void
    {
        $fields = ['type' => 'submit', 'detach' => true, 'timeout_ms' => 5, 'future' => ['x' => 1]];

        self::assertTrue(self::perform('phpversion', fields: $fields)['ok']);
    }

    /** @return array<string, array{string}> */
    public static function unfinishedInput(): array
    {
        return ['between frames' => [''], 'in a header' => ["\0\0"], 'in a body' => ["\0\0\0\x20{\"task"]];
    }

    public function testFinishesItsTaskWhenTheDaemonGoesAndLeaves(): void
    {
        $file = tempnam(sys_get_temp_dir(), 'parallite');
        $payload = self::payload(static function () use ($file): void {
            usleep(200_000);
            file_put_contents($file, 'finished');
        }, 'laravel');
        self::worker()->send(self::worker()->encode(['task_id' => 'x', 'payload' => $payload]));
        usleep(50_000);
        self::worker()->hangUp();

        self::assertSame(0, self::worker()->exitCode());
        self::assertSame('finished', file_get_contents($file));
        unlink($file);
        self::forget();
    }

    /** @dataProvider unfinishedInput */
    public function testLeavesQuietlyWhenTheDaemonGoes(string $input): void
    {
        self::worker()->send($input);
        self::worker()->hangUp();

        self::assertSame(0, self::worker()->exitCode());
        self::assertSame('', self::worker()->stderr());
        self::assertSame([], self::worker()->leftovers());
        self::forget();
    }

    public function testLeavesWhenAFrameIsImpossiblyLong(): void
    {
        self::worker()->send("\xff\xff\xff\xff{");

        self::assertWorkerEnds();
    }

    public function testLeavesAfterItsLastTask(): void
    {
        self::forget();
        self::$worker = static::start(self::including() + ['PARALLITE_WORKER_MAX_TASKS' => '2']);
        self::perform('phpversion');
        self::perform('phpversion');

        self::assertWorkerEnds();
    }

    public function testAnswersForAFrameThatIsTooMuchForItsMemory(): void
    {
        self::forget();
        self::$worker = static::start(self::including(), ['-d', 'memory_limit=12M', '-d', 'display_errors=0']);
        $frame = self::$worker->encode(['task_id' => 'a', 'payload' => 'count', 'context' => range(1, 350_000)]);
        self::$worker->send($frame);

        $reply = self::$worker->reply();

        self::assertFailed('FATAL', 'Allowed memory size', $reply);
        self::assertNull($reply['task_id']);
        self::assertWorkerEnds(255);
    }

    public function testSpeaksJsonAloneWithoutMessagePack(): void
    {
        $worker = static::start(options: ['-n']); // no php.ini, hence no ext-msgpack
        try {
            self::assertSame(['json'], $worker->hello['encodings'] ?? ['json']);
            self::assertTrue($worker->ask(['task_id' => 'a', 'payload' => 'phpversion'])['ok']);
            $reply = $worker->ask(['task_id' => 'a', 'payload' => 'phpversion'], 'msgpack');
            self::assertFailed('MALFORMED_FRAME', 'neither ext-msgpack nor rybakit/msgpack is installed', $reply);
        } finally {
            $worker->stop();
        }
    }

    public function testSaysWhyItCannotStart(): void
    {
        $include = tempnam(sys_get_temp_dir(), 'parallite');
        $cases = [
            'throw new LogicException("no database");' => 'LogicException: no database',
            'exit("bye");' => 'a file included at start called exit()',
            'undefined_function();' => 'undefined_function()',
            'function strlen() {}' => 'strlen()',
        ];
        try {
            foreach ($cases as $code => $reason) {
                file_put_contents($include, "<?php $code");
                $env = self::including($include);
                $worker = static::start($env, ['-d', 'log_errors=0']);
                self::assertSame(1, $worker->exitCode());
                self::assertStringContainsString($reason, $worker->stderr());
                self::assertNull($worker->reply());
                self::assertSame([], $worker->leftovers());
                $worker->stop();
            }
        } finally {
            unlink($include);
        }
    }

    public function testLoadsTheIncludesAndKeepsWhatTheyPrintOutOfTheWay(): void
    {
        $include = tempnam(sys_get_temp_dir(), 'parallite');
        $code = '<?php echo "hello"; fwrite(STDOUT, "hello"); function from_include() { return 7; }';
        file_put_contents($include, $code);
        $worker = static::start(self::including($include));
        try {
            $reply = $worker->ask(['task_id' => 'a', 'payload' => 'from_include']);
            self::assertSame(['task_id' => 'a', 'ok' => true, 'result' => 7], $reply);
        } finally {
            $worker->stop();
            unlink($include);
        }
    }
}
