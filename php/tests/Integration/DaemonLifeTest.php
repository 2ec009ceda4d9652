<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Client;
use B7s\Parallite\Daemon\Autostart;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Exception\QueueFull;
use B7s\Parallite\Exception\QuotaExceeded;
use B7s\Parallite\Exception\TaskException;
use B7s\Parallite\Future;
use B7s\Parallite\Retry;
use B7s\Parallite\Tests\Support\RealDaemon;
use Closure;
use PHPUnit\Framework\TestCase;

/**
 * The client and a daemon that is full, restarted, killed, started and left alone.
 */
final class DaemonLifeTest extends TestCase
{
    private ?RealDaemon $daemon = null;

    private string $gate;

    protected function setUp(): void
    {
        $this->gate = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
    }

    protected function tearDown(): void
    {
        $this->daemon?->stop();
        @unlink($this->gate);
    }

    /** A task that ends when the gate is there. */
    private function submitWaiting(Client $client, ?string $id = null, bool $detach = false): Future
    {
        $tasks = Closure::bind(static fn(string $file): array => require $file, null, null)(__DIR__ . '/../Support/tasks.php');
        return $client->submit($tasks['after file'], [$this->gate, 'passed'], id: $id, detach: $detach);
    }

    /** @param array<string, string> $environment */
    private function client(array $environment): Client
    {
        $this->daemon = new RealDaemon($environment);
        return new Client($this->daemon->socket);
    }

    public function testAPayloadOverTheLimitFailsAloneAndLeavesTheConnectionUsable(): void
    {
        $client = $this->client(['PARALLITE_FIXED_WORKERS' => '1', 'PARALLITE_MAX_PAYLOAD_BYTES' => '1000000']);
        $pid = $client->run('getmypid');
        $before = $client->submit('strrev', ['abc']);
        $large = $client->submit('strlen', [str_repeat('x', 100_000_000)]);
        $after = $client->submit('strrev', ['def']);

        self::assertSame(['cba', 'fed'], Future::all([$before, $after]));
        self::assertSame($pid, $client->run('getmypid'), 'the worker has not seen it');
        $this->expectException(TaskException::class);
        $this->expectExceptionMessage('max_payload_bytes');
        $large->await();
    }

    public function testAFullQueueRefusesWhatIsTooMuch(): void
    {
        $client = $this->client([
            'PARALLITE_FIXED_WORKERS' => '1', 'PARALLITE_MAX_WORKERS' => '1', 'PARALLITE_MAX_QUEUE' => '2',
        ]);
        $client->run('getmypid');
        $futures = [];
        for ($i = 0; $i < 6; $i++) {
            $futures[] = $this->submitWaiting($client);
        }
        Future::settled(array_slice($futures, 3)); // refused while the first three wait
        touch($this->gate);
        $settled = Future::settled($futures);

        $refused = array_filter($settled, static fn($s): bool => $s->exception instanceof QueueFull);
        self::assertSame([3, 4, 5], array_keys($refused));
        self::assertSame('QUEUE_FULL', $settled[5]->exception->getErrorCode());
        self::assertNull($client->run('usleep', [1]), 'there is room again');
    }

    public function testAQuotaRefusesWhatIsTooMuchAndRetriesWaitForIt(): void
    {
        $client = $this->client(['PARALLITE_FIXED_WORKERS' => '2', 'PARALLITE_QUOTA_TASKS' => '2']);
        $futures = [$this->submitWaiting($client), $this->submitWaiting($client), $this->submitWaiting($client)];
        Future::settled([$futures[2]]); // refused while the first two wait
        touch($this->gate);
        $settled = Future::settled($futures);
        $refused = array_filter($settled, static fn($s): bool => $s->exception instanceof QuotaExceeded);
        self::assertSame([2], array_keys($refused));
        self::assertSame('QUOTA_EXCEEDED', $settled[2]->exception->getErrorCode());
        self::assertSame('quota_tasks', $settled[2]->exception->getQuota());
        self::assertNull($settled[2]->exception->getRetryAfter());
        self::assertSame([1, 2, 3, 4], $client->map(
            [-1, 2, -3, 4],
            'abs',
            retry: new Retry(times: 100, delay: 0.01, factor: 1.0, on: [QuotaExceeded::class]),
        ));
    }

    public function testARetryWaitsAsLongAsARateIsExceeded(): void
    {
        $client = $this->client(['PARALLITE_FIXED_WORKERS' => '1', 'PARALLITE_QUOTA_TASKS_PER_SECOND' => '2']);
        $futures = [];
        for ($i = 0; $i < 3; $i++) { // the third comes half a second too early, and without the daemon's word is tried at once
            $futures[] = $client->submit('max', [$i, 1], retry: new Retry(times: 2, delay: 0.0, on: [QuotaExceeded::class]));
        }
        self::assertSame([1, 1, 2], Future::all($futures));
    }

    public function testARestartInTheMiddleFailsWhatWasInFlightOnly(): void
    {
        $client = $this->client(['PARALLITE_FIXED_WORKERS' => '2']);
        $before = $client->run('getmypid');
        $lost = [$client->submit('sleep', [60]), $client->submit('sleep', [60])];
        $client->ping();
        $this->daemon->end(SIGKILL);

        foreach ($lost as $future) {
            for ($i = 0; $i < 2; $i++) {
                try {
                    $future->await();
                    self::fail();
                } catch (ConnectionException $e) {
                    self::assertStringContainsString('2 task(s) were in flight', $e->getMessage());
                }
            }
        }
        try {
            $client->run('getmypid');
            self::fail();
        } catch (DaemonNotRunning) {
            $this->daemon->start();
        }
        self::assertNotSame($before, $client->run('getmypid'));
    }

    public function testADetachedTaskIsAwaitedAgainWhenItsConnectionWasLost(): void
    {
        $client = $this->client(['PARALLITE_FIXED_WORKERS' => '1']);
        $client->run('getmypid');
        $future = $this->submitWaiting($client, 'kept', true);
        $other = $this->submitWaiting($client);
        self::assertFalse($future->isDone());
        // the daemon goes on; the connection is shut under the client
        stream_socket_shutdown($client->stream(), STREAM_SHUT_RDWR);

        try {
            $other->await();
            self::fail();
        } catch (ConnectionException $e) {
            self::assertStringContainsString("await \"{$other->id()}\" by its id", $e->getMessage());
        }
        touch($this->gate);
        self::assertSame('passed', $client->await($other->id(), 60.0));
        try {
            $future->await();
            self::fail('it was being awaited on that connection');
        } catch (ConnectionException) {
            self::assertSame('passed', $future->await(60.0));
        }
        self::assertSame('passed', $future->await(), 'and again');
    }

    public function testAGracefulStopAnswersWhatItCan(): void
    {
        $client = $this->client(['PARALLITE_FIXED_WORKERS' => '1', 'PARALLITE_MAX_WORKERS' => '1']);
        $running = $client->submit('usleep', [3_000_000]); // long enough to be seen, and asked to stop
        $queued = $client->submit('usleep', [1]);
        while ($client->status($running->id())['status'] !== 'running') {
            usleep(1_000);
        }
        $this->daemon->end();

        self::assertNull($running->await());
        $this->expectException(TaskException::class);
        $this->expectExceptionMessageMatches('/stopp|shut/');
        $queued->await();
    }

    public function testAutostartFindsADaemonUsesItAndItLeavesWhenIdle(): void
    {
        $directory = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir("$directory/runtime", 0700, true);
        $before = getenv('XDG_RUNTIME_DIR');
        $named = getenv('PARALLITE_SOCKET');
        putenv("XDG_RUNTIME_DIR=$directory/runtime");
        putenv('PARALLITE_SOCKET');
        try {
            $autostart = new Autostart($directory, idleShutdown: 1.0, binary: RealDaemon::binary());
            $client = new Client(autostart: $autostart);
            self::assertSame('cba', $client->run('strrev', ['abc']));
            $pid = $client->ping()['pid'];
            self::assertSame($pid, (new Client(autostart: $autostart))->ping()['pid']);
            unset($client);
            for ($i = 0; $i < 3_000 && posix_kill($pid, 0); $i++) {
                usleep(5_000);
            }
            self::assertFalse(posix_kill($pid, 0), 'it has ended by itself');
            self::assertFileDoesNotExist($autostart->socket());
        } finally {
            putenv($before === false ? 'XDG_RUNTIME_DIR' : "XDG_RUNTIME_DIR=$before");
            putenv($named === false ? 'PARALLITE_SOCKET' : "PARALLITE_SOCKET=$named");
            exec('rm -rf ' . escapeshellarg($directory));
        }
    }
}
