<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

use B7s\Parallite\Wire\Encodings;
use Closure;

/**
 * A socket at which a script of the test's answers, in a child process, one connection after the other.
 */
final class FakeDaemon
{
    public readonly string $socket;

    private readonly int $pid;

    /** @param Closure(resource, int): void $script gets each connection, and its number from 0 */
    public function __construct(Closure $script)
    {
        $this->socket = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6)) . '.sock';
        $server = stream_socket_server("unix://{$this->socket}");
        $this->pid = pcntl_fork();
        if ($this->pid === 0) {
            for ($i = 0; ($connection = @stream_socket_accept($server, 30)) !== false; $i++) {
                $script($connection, $i);
                fclose($connection);
            }
            posix_kill(posix_getpid(), SIGKILL); // no shutdown functions of PHPUnit
        }
        fclose($server);
    }

    public function stop(): void
    {
        posix_kill($this->pid, SIGKILL);
        pcntl_waitpid($this->pid, $status);
        unlink($this->socket);
    }

    /**
     * @param resource $connection
     * @return array{array<string, mixed>, string}|null the next request, and its body; null at the end
     */
    public static function request(mixed $connection): ?array
    {
        $header = (string) stream_get_contents($connection, 4);
        if (strlen($header) < 4) {
            return null;
        }
        $body = (string) stream_get_contents($connection, unpack('N', $header)[1]);
        return [(new Encodings())->of($body)->decode($body), $body];
    }

    /**
     * @param array<string, mixed> $reply
     * @param string $like a body in the encoding to use
     */
    public static function frame(array $reply, string $like): string
    {
        $body = (new Encodings())->of($like)->encode($reply);
        return pack('N', strlen($body)) . $body;
    }
}
