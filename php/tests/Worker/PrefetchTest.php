<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

use B7s\Parallite\Tests\Support\WorkerProcess;
use PHPUnit\Framework\TestCase;

/**
 * Tasks that a worker takes by itself, with the test in the place of the daemon.
 */
final class PrefetchTest extends TestCase
{
    private string $path;

    /** @var resource both ends of the pipe */
    private mixed $pipe;

    private ?WorkerProcess $worker = null;

    protected function setUp(): void
    {
        if (PHP_OS_FAMILY !== 'Linux' || !function_exists('posix_mkfifo')) {
            self::markTestSkipped('needs named pipes of Linux, and ext-posix to make one');
        }
        $this->path = (string) tempnam(sys_get_temp_dir(), 'next');
        unlink($this->path);
        posix_mkfifo($this->path, 0600);
        $this->pipe = fopen($this->path, 'r+');
        stream_set_blocking($this->pipe, false);
    }

    protected function tearDown(): void
    {
        $this->worker?->stop();
        if (isset($this->path)) {
            unlink($this->path);
        }
    }

    public function testTakesTheNextTaskBeforeItReplies(): void
    {
        $worker = $this->start();
        self::assertContains('prefetch', $worker->hello['features']);

        fwrite($this->pipe, $worker->encode(['task_id' => 'b', 'payload' => 'getmypid']));
        $worker->send($worker->encode(['task_id' => 'a', 'payload' => 'phpversion']));

        self::assertSame('', $worker->readBody());
        self::assertSame(['task_id' => 'a', 'ok' => true, 'result' => PHP_VERSION], $worker->reply());
        self::assertSame(['task_id' => 'b', 'ok' => true, 'result' => $worker->pid()], $worker->reply());
        self::assertSame('c', $worker->ask(['task_id' => 'c', 'payload' => 'phpversion'])['task_id']);
    }

    public function testLeavesTheTaskWhereItIsWhenItTakesNoOther(): void
    {
        $worker = $this->start(['PARALLITE_WORKER_MAX_TASKS' => '1']);
        $frame = $worker->encode(['task_id' => 'b', 'payload' => 'getmypid']);
        fwrite($this->pipe, $frame);

        self::assertSame('a', $worker->ask(['task_id' => 'a', 'payload' => 'phpversion'])['task_id']);
        self::assertSame(0, $worker->exitCode());
        self::assertSame($frame, fread($this->pipe, 4_096));
    }

    public function testReturnsTheTaskWhenTheOneBeforeEndsTheProcessAfterItsReply(): void
    {
        $leaves = json_encode([dirname(__DIR__) . '/Support/leaves.php']);
        $worker = $this->start(['PARALLITE_PHP_INCLUDES' => $leaves]);
        fwrite($this->pipe, $worker->encode(['task_id' => 'b', 'payload' => 'getmypid'], 'msgpack'));
        $worker->send($worker->encode(['task_id' => 'a', 'payload' => 'leave_later']));

        self::assertSame('', $worker->readBody());
        self::assertSame(['task_id' => 'a', 'ok' => true, 'result' => null], $worker->reply());
        self::assertSame(['task_id' => 'b', 'event' => 'returned'], $worker->reply());
        self::assertNull($worker->reply());
    }

    public function testSleepsInAnotherCallWhileTheDaemonIsBusy(): void
    {
        $worker = $this->start();
        $worker->ask(['task_id' => 'a', 'payload' => 'phpversion']);
        $calm = self::callThatItSleepsIn($worker);

        $this->giveTwoTasks($worker);
        self::assertNotSame($calm, self::callThatItSleepsIn($worker));

        for ($i = 0; $i < 4; $i++) {
            self::assertTrue($worker->ask(['task_id' => "c$i", 'payload' => 'phpversion'])['ok']);
        }
        self::assertSame($calm, self::callThatItSleepsIn($worker));
    }

    public function testWaitsWithoutLimitAndEndsWithTheDaemonWhileThatIsBusy(): void
    {
        $worker = $this->start([], ['-d', 'default_socket_timeout=1']);
        $this->giveTwoTasks($worker);

        usleep(1_300_000);
        self::assertTrue($worker->ask(['task_id' => 'c', 'payload' => 'phpversion'])['ok']);
        $worker->hangUp();

        self::assertSame(0, $worker->exitCode());
    }

    /** The second of which it takes by itself. */
    private function giveTwoTasks(WorkerProcess $worker): void
    {
        fwrite($this->pipe, $worker->encode(['task_id' => 'second', 'payload' => 'phpversion']));
        $worker->send($worker->encode(['task_id' => 'first', 'payload' => 'phpversion']));
        self::assertSame('', $worker->readBody());
        self::assertSame('first', $worker->reply()['task_id'] ?? null);
        self::assertSame('second', $worker->reply()['task_id'] ?? null);
    }

    /** The number of the system call, once it is the same for ten milliseconds; see proc(5). */
    private static function callThatItSleepsIn(WorkerProcess $worker): string
    {
        $last = '';
        for ($same = 0, $looks = 0; $same < 5 && $looks < 2_000; $looks++) {
            usleep(2_000);
            $call = strtok((string) @file_get_contents("/proc/{$worker->pid()}/syscall"), ' ');
            $same = $call === $last ? $same + 1 : 0;
            $last = (string) $call;
        }
        if (!ctype_digit($last)) {
            self::markTestSkipped('needs a kernel that tells which call a process sleeps in');
        }
        return $last;
    }

    public function testCannotTakeTasksWithoutThePipe(): void
    {
        unlink($this->path);
        $worker = $this->start();

        self::assertNotContains('prefetch', $worker->hello['features']);
        self::assertTrue($worker->ask(['task_id' => 'a', 'payload' => 'phpversion'])['ok']);
        touch($this->path);
    }

    public function testHidesThePipeFromTasks(): void
    {
        $worker = $this->start();

        $reply = $worker->ask(['task_id' => 'a', 'payload' => 'getenv']);

        self::assertArrayHasKey('WORKER_NAME', $reply['result']);
        self::assertArrayNotHasKey('PARALLITE_WORKER_PREFETCH', $reply['result']);
    }

    /**
     * @param array<string, string> $env
     * @param list<string> $options of PHP
     */
    private function start(array $env = [], array $options = []): WorkerProcess
    {
        $env += ['PARALLITE_WORKER_PREFETCH' => $this->path];
        return $this->worker = WorkerProcess::overSocket(null, $env, $options);
    }
}
