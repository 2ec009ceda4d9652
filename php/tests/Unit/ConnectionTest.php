<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Client;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Exception\TaskException;
use B7s\Parallite\Tests\Support\FakeDaemon;
use Closure;
use PHPUnit\Framework\TestCase;

/**
 * The client on connections that do what real ones do at their worst.
 */
final class ConnectionTest extends TestCase
{
    private ?FakeDaemon $daemon = null;

    protected function tearDown(): void
    {
        $this->daemon?->stop();
    }

    private function clientOf(Closure $script): Client
    {
        $this->daemon = new FakeDaemon($script);
        return new Client($this->daemon->socket);
    }

    public function testTakesRepliesInAnyOrder(): void
    {
        $client = $this->clientOf(static function (mixed $connection): void {
            $frames = [];
            for ($i = 0; $i < 10; $i++) {
                [$request, $body] = FakeDaemon::request($connection);
                $frames[] = FakeDaemon::frame(['task_id' => $request['task_id'], 'ok' => true, 'result' => $i], $body);
            }
            fwrite($connection, implode('', array_reverse($frames)));
            fread($connection, 1);
        });
        $futures = [];
        for ($i = 0; $i < 10; $i++) {
            $futures[] = $client->submit('phpversion');
        }

        self::assertSame(range(0, 9), $client->awaitAll($futures));
    }

    public function testTakesRepliesSplitAtEveryByte(): void
    {
        $client = $this->clientOf(static function (mixed $connection): void {
            while (($next = FakeDaemon::request($connection)) !== null) {
                [$request, $body] = $next;
                $reply = ['task_id' => $request['task_id'], 'ok' => true, 'result' => 'split'];
                foreach (str_split(FakeDaemon::frame($reply, $body)) as $byte) {
                    fwrite($connection, $byte);
                    usleep(200);
                }
            }
        });

        self::assertSame('split', $client->run('phpversion'));
        self::assertSame('split', $client->run('phpversion'));
    }

    public function testSendsWhileTheDaemonSendsAndNeitherReads(): void
    {
        $client = $this->clientOf(static function (mixed $connection): void {
            while (($next = FakeDaemon::request($connection)) !== null) {
                [$request, $body] = $next;
                $reply = ['task_id' => $request['task_id'], 'ok' => true, 'result' => str_repeat('y', 3_000_000)];
                fwrite($connection, FakeDaemon::frame($reply, $body));
            }
        });
        $futures = [];
        for ($i = 0; $i < 12; $i++) {
            $futures[] = $client->submit('strlen', [str_repeat('x', 3_000_000)]);
        }

        foreach ($client->awaitAll($futures) as $result) {
            self::assertSame(3_000_000, strlen($result));
        }
    }

    public function testALostConnectionFailsWhatWasInFlightAndIsOpenedAgain(): void
    {
        $client = $this->clientOf(static function (mixed $connection, int $number): void {
            [$request, $body] = FakeDaemon::request($connection);
            if ($number === 0) {
                fwrite($connection, "\0\0"); // and goes away in the middle of a frame
                return;
            }
            $reply = ['task_id' => $request['task_id'], 'ok' => true, 'result' => 1];
            fwrite($connection, FakeDaemon::frame($reply, $body));
        });
        $future = $client->submit('phpversion');

        for ($i = 0; $i < 2; $i++) {
            try {
                $future->await();
                self::fail();
            } catch (ConnectionException $e) {
                self::assertStringContainsString('was closed by the daemon', $e->getMessage());
            }
        }
        self::assertSame(1, $client->run('phpversion'));
        usleep(20_000);
        self::assertSame(1, $client->run('phpversion'), 'after the daemon hung up on an idle client');
    }

    public function testRepliesToNobodyAreIgnored(): void
    {
        $client = $this->clientOf(static function (mixed $connection): void {
            [$request, $body] = FakeDaemon::request($connection);
            fwrite($connection, FakeDaemon::frame(['task_id' => 'stranger', 'ok' => true, 'result' => 0], $body)
                . FakeDaemon::frame(['task_id' => $request['task_id'], 'ok' => true, 'result' => 1], $body));
            fread($connection, 1);
        });

        self::assertSame(1, $client->run('phpversion'));
    }

    public function testARefusalOfAFrameTooLargeReachesItsTask(): void
    {
        $client = $this->clientOf(static function (mixed $connection): void {
            [$small, $body] = FakeDaemon::request($connection);
            FakeDaemon::request($connection);
            $error = ['ok' => false, 'error' => 'frame of 12 bytes exceeds …', 'error_code' => 'PAYLOAD_TOO_LARGE'];
            fwrite($connection, FakeDaemon::frame($error, $body)
                . FakeDaemon::frame(['task_id' => $small['task_id'], 'ok' => true, 'result' => 'small'], $body));
            fread($connection, 1);
        });
        $small = $client->submit('phpversion');
        $large = $client->submit('strlen', [str_repeat('x', 100_000)]);

        self::assertSame('small', $small->await());
        try {
            $large->await();
            self::fail();
        } catch (TaskException $e) {
            self::assertSame('PAYLOAD_TOO_LARGE', $e->getErrorCode());
        }
    }

    public function testGarbageEndsTheConnection(): void
    {
        $client = $this->clientOf(static function (mixed $connection): void {
            FakeDaemon::request($connection);
            fwrite($connection, "\0\0\0\x04oops");
            fread($connection, 1);
        });

        $this->expectException(ConnectionException::class);
        $this->expectExceptionMessage('something else than replies');
        $client->run('phpversion');
    }

    public function testAForkedChildDoesNotUseItsParentsConnection(): void
    {
        $client = $this->clientOf(static function (mixed $connection, int $number): void {
            while (($next = FakeDaemon::request($connection)) !== null) {
                [$request, $body] = $next;
                $reply = ['task_id' => $request['task_id'], 'ok' => true, 'result' => $number];
                fwrite($connection, FakeDaemon::frame($reply, $body));
                if ($number === 0 && $request['payload'] === 'getmypid') {
                    return;
                }
            }
        });
        self::assertSame(0, $client->run('phpversion'));
        $pid = pcntl_fork();
        if ($pid === 0) {
            // the fake daemon takes one connection after the other: the parent's must end first
            $result = $client->run('phpversion');
            posix_kill(posix_getpid(), $result === 1 ? SIGTERM : SIGKILL);
        }
        usleep(50_000);
        self::assertSame(0, $client->run('getmypid'));
        pcntl_waitpid($pid, $status);
        self::assertSame(SIGTERM, pcntl_wtermsig($status), 'the child had a connection of its own');
    }

    public function testSaysThatNoDaemonRuns(): void
    {
        foreach (['/nowhere/at/all.sock', '127.0.0.1:1', 'tcp://127.0.0.1:1'] as $address) {
            try {
                (new Client($address))->run('phpversion');
                self::fail();
            } catch (DaemonNotRunning $e) {
                self::assertStringContainsString('no Parallite daemon listens at', $e->getMessage());
            }
        }
    }

    public function testFindsTheAddress(): void
    {
        putenv('PARALLITE_SOCKET=/from/the/environment.sock');
        try {
            (new Client())->ping();
            self::fail();
        } catch (DaemonNotRunning $e) {
            self::assertStringContainsString('unix:///from/the/environment.sock', $e->getMessage());
        } finally {
            putenv('PARALLITE_SOCKET');
        }
    }

    public function testSpeaksToATcpAddress(): void
    {
        $server = stream_socket_server('tcp://127.0.0.1:0');
        $pid = pcntl_fork();
        if ($pid === 0) {
            $connection = stream_socket_accept($server, 30);
            [$request, $body] = FakeDaemon::request($connection);
            $reply = ['task_id' => $request['task_id'], 'ok' => true, 'result' => 'tcp'];
            fwrite($connection, FakeDaemon::frame($reply, $body));
            fread($connection, 1);
            posix_kill(posix_getpid(), SIGKILL);
        }

        self::assertSame('tcp', (new Client(stream_socket_get_name($server, false)))->run('phpversion'));
        pcntl_waitpid($pid, $status);
    }
}
