<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

use B7s\Parallite\Tests\Support\WorkerProcess;

final class SocketWorkerTest extends WorkerContract
{
    protected static function start(array $env = [], array $options = [], ?string $script = null): WorkerProcess
    {
        return WorkerProcess::overSocket($script, $env, $options);
    }

    public function testSaysHelloWithItsToken(): void
    {
        $hello = self::worker()->hello;

        self::assertSame('hello', $hello['type']);
        self::assertSame(WorkerProcess::TOKEN, $hello['token']);
        self::assertSame(self::worker()->pid(), $hello['pid']);
        self::assertSame('work-1', $hello['name']);
        self::assertSame(PHP_VERSION, $hello['php']);
        self::assertContains('json', $hello['encodings']);
    }

    public function testHidesTheChannelFromTasks(): void
    {
        $reply = self::perform(static fn() => [
            getenv('PARALLITE_WORKER_TOKEN'), getenv('PARALLITE_WORKER_SOCKET'), getenv('WORKER_NAME'),
            $_SERVER['PARALLITE_WORKER_TOKEN'] ?? null, $_ENV['PARALLITE_WORKER_TOKEN'] ?? null,
        ]);

        self::assertSame([false, false, 'work-1', null, null], $reply['result']);
    }

    public function testMarksInStandardErrorWhichTaskBegins(): void
    {
        $worker = static::start(['PARALLITE_WORKER_STDERR_MARK' => 'secret'] + self::including());
        try {
            self::assertContains('stderr_marks', $worker->hello['features']);
            $says = self::payload(static function (string $words): array {
                fwrite(STDERR, $words);
                exec('printf child >&2');
                return [getenv('PARALLITE_WORKER_STDERR_MARK'), $_SERVER['PARALLITE_WORKER_STDERR_MARK'] ?? null];
            }, 'laravel');

            foreach (['a', 'größer'] as $id) {
                $reply = $worker->ask(['task_id' => $id, 'payload' => $says, 'context' => "of $id,"]);
                self::assertSame([false, null], $reply['result']);
            }

            self::assertSame("\0secret\0\1aof a,child\0secret\0\x08größerof größer,child", $worker->stderr());
        } finally {
            $worker->stop();
        }
    }

    public function testMarksNothingForADaemonThatWantsNoMarks(): void
    {
        $worker = static::start(self::including());
        try {
            self::assertNotContains('stderr_marks', $worker->hello['features']);
            self::assertTrue($worker->ask(['task_id' => 'a', 'payload' => 'phpversion'])['ok']);
            self::assertSame('', $worker->stderr());
        } finally {
            $worker->stop();
        }
    }

    /** @dataProvider encodings */
    public function testReturnsWhatHasComeWhenTheTaskBeforeEndsTheProcessAfterItsReply(string $encoding): void
    {
        $allSent = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        $worker = static::start(
            ['LEAVES_WHEN' => $allSent] + self::including(dirname(__DIR__) . '/Support/leaves.php'),
        );
        try {
            $worker->send($worker->encode(['task_id' => 'a', 'payload' => 'leave_later'], $encoding));
            foreach (['b' => '', 'c' => str_repeat('x', 100_000)] as $id => $text) {
                $request = ['task_id' => $id, 'payload' => 'strlen', 'context' => $text];
                $worker->send($worker->encode($request, $encoding));
            }
            touch($allSent);

            self::assertSame(['task_id' => 'a', 'ok' => true, 'result' => null], $worker->reply());
            self::assertSame(['task_id' => 'b', 'event' => 'returned'], $worker->reply());
            self::assertSame(['task_id' => 'c', 'event' => 'returned'], $worker->reply());
            self::assertNull($worker->reply());
        } finally {
            $worker->stop();
            @unlink($allSent);
        }
    }

    public function testOutlivesTheTimeoutOfSockets(): void
    {
        $worker = static::start(self::including(), ['-d', 'default_socket_timeout=1']);
        try {
            usleep(1_300_000);
            self::assertTrue($worker->ask(['task_id' => 'a', 'payload' => 'phpversion'])['ok']);
        } finally {
            $worker->stop();
        }
    }
}
