<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

use B7s\Parallite\Tests\Support\WorkerProcess;

final class StdioWorkerTest extends WorkerContract
{
    protected static function start(array $env = [], array $options = [], ?string $script = null): WorkerProcess
    {
        return WorkerProcess::overStdio($script, $env, $options);
    }

    public function testKeepsTheOptionsOfPhpWhenItMovesItsStreams(): void
    {
        self::assertSame((string) E_ALL, self::perform(static fn() => ini_get('error_reporting'))['result']);
    }

    public function testKeepsOutputOutOfTheFramesWithoutPcntl(): void
    {
        $worker = static::start(self::including(), ['-d', 'disable_functions=pcntl_exec']);
        try {
            $print = self::payload(static function (): string {
                echo 'one ';
                system('echo two');
                file_put_contents('php://stdout', 'three');
                return 'done';
            }, 'laravel');
            $reply = $worker->ask(['task_id' => 'a', 'payload' => $print]);
            self::assertSame('done', $reply['result']);
            foreach (['one', 'two', 'three'] as $word) {
                self::assertStringContainsString($word, $reply['output']);
            }
            $stdin = self::payload(static fn() => fread(STDIN, 10), 'laravel');
            self::assertSame('TypeError', $worker->ask(['task_id' => 'b', 'payload' => $stdin])['class']);
        } finally {
            $worker->stop();
        }
    }
}
