<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Client;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Peer;
use B7s\Parallite\Tests\Support\FakeDaemon;
use PHPUnit\Framework\TestCase;

/**
 * The way to a connection: daemons that are slow to accept, descriptors that are high.
 */
final class ConnectorTest extends TestCase
{
    private string $socket;

    protected function setUp(): void
    {
        $this->socket = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6)) . '.sock';
    }

    protected function tearDown(): void
    {
        @unlink($this->socket);
    }

    /**
     * A socket that nobody accepts from, with as many waiting as the system lets wait.
     *
     * @return array{resource, list<resource>}
     */
    private function busy(): array
    {
        $context = stream_context_create(['socket' => ['backlog' => 1]]);
        $server = stream_socket_server("unix://{$this->socket}", $errno, $error, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $context);
        $waiting = [];
        while (($one = @stream_socket_client("unix://{$this->socket}", $errno)) !== false) {
            $waiting[] = $one;
        }
        self::assertSame(11, $errno, 'EAGAIN: the backlog is full');
        return [$server, $waiting];
    }

    public function testWaitsWhileTheBacklogIsFull(): void
    {
        [$server, $waiting] = $this->busy();
        $pid = pcntl_fork();
        if ($pid === 0) {
            array_map(fclose(...), $waiting); // the child's copies
            usleep(200_000);
            while (($connection = @stream_socket_accept($server, 30)) !== false) {
                $next = FakeDaemon::request($connection);
                if ($next !== null) {
                    $reply = ['task_id' => $next[0]['task_id'], 'ok' => true, 'result' => 'accepted'];
                    fwrite($connection, FakeDaemon::frame($reply, $next[1]));
                    break;
                }
            }
            fread($connection, 1);
            posix_kill(posix_getpid(), SIGKILL); // no shutdown functions of PHPUnit
        }
        array_map(fclose(...), $waiting);
        try {
            self::assertSame('accepted', (new Client($this->socket, connectTimeout: 30.0))->run('phpversion'));
        } finally {
            posix_kill($pid, SIGKILL);
            pcntl_waitpid($pid, $status);
        }
    }

    public function testGivesUpWhenTheBacklogStaysFull(): void
    {
        [$server] = $held = $this->busy();
        try {
            (new Client($this->socket, connectTimeout: 0.1))->run('phpversion');
            self::fail();
        } catch (ConnectionException $e) {
            self::assertStringContainsString('it has accepted no connection for 0.1 seconds', $e->getMessage());
        }
        fclose($server);
        unset($held);
    }

    public function testDescriptorsMayBeAboveAThousand(): void
    {
        $daemon = new FakeDaemon(static function (mixed $connection): void {
            while (($next = FakeDaemon::request($connection)) !== null) {
                usleep(300_000);
                $result = str_repeat($next[0]['payload'], 100_000);
                $reply = ['task_id' => $next[0]['task_id'], 'ok' => true, 'result' => $result];
                fwrite($connection, FakeDaemon::frame($reply, $next[1]));
            }
        });
        $code = sprintf(
            'require %s; for ($i = 0; $i < 1100; $i++) { $files[] = fopen("/dev/null", "r"); } '
                . '$client = new B7s\Parallite\Client(%s); echo strlen($client->run("phpversion")), " "; '
                . '$used = getrusage(); echo $used["ru_utime.tv_sec"] * 1000 + intdiv($used["ru_utime.tv_usec"], 1000);',
            var_export(dirname(__DIR__, 2) . '/autoload.php', true),
            var_export($daemon->socket, true),
        );
        exec('ulimit -n 4096 || exit 9; ' . escapeshellarg(PHP_BINARY) . ' -r ' . escapeshellarg($code) . ' 2>&1', $output, $status);
        $daemon->stop();
        if ($status === 9) {
            self::markTestSkipped('the system does not allow a process 4096 files');
        }
        [$length, $milliseconds] = explode(' ', implode("\n", $output)) + [1 => '0'];

        self::assertSame('1000000', $length);
        self::assertLessThan(250, (int) $milliseconds, 'of processor time: it does not spin while it waits');
    }

    public function testKnowsWhoseTheOtherEndIs(): void
    {
        $server = stream_socket_server("unix://{$this->socket}");
        $client = stream_socket_client("unix://{$this->socket}");
        $expected = PHP_OS_FAMILY === 'Linux' && extension_loaded('sockets') ? posix_geteuid() : null;

        self::assertSame($expected, Peer::userOf($client));
        fclose($server);
    }
}
