<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

use B7s\Parallite\Wire\Encodings;
use RuntimeException;

/**
 * A real worker process, with the test in the place of the daemon.
 */
final class WorkerProcess
{
    public const TOKEN = 'a-token-for-one-use';

    /** Seconds within which everything has to happen. */
    private const PATIENCE = 120;

    /** @var array<string, mixed>|null the hello, with the socket transport */
    public ?array $hello = null;

    private readonly Encodings $encodings;

    /**
     * @param resource $process
     * @param resource $in
     * @param resource $out
     * @param ?int $exitCode when it has ended already
     */
    private function __construct(
        private readonly mixed $process,
        private readonly mixed $in,
        private readonly mixed $out,
        private readonly string $directory,
        private ?int $exitCode = null,
    ) {
        $this->encodings = new Encodings();
        stream_set_read_buffer($out, 0);
    }

    public static function script(): string
    {
        return dirname(__DIR__, 2) . '/parallite-worker.php';
    }

    /**
     * @param array<string, string> $env
     * @param list<string> $options of PHP
     */
    public static function overSocket(?string $script = null, array $env = [], array $options = []): self
    {
        $directory = self::directory();
        $server = stream_socket_server("unix://$directory/workers.sock");
        touch("$directory/stdout");
        $process = proc_open(
            [PHP_BINARY, ...$options, $script ?? self::script()],
            [
                ['file', '/dev/null', 'r'],
                ['file', "$directory/stdout", 'a'],
                ['file', "$directory/stderr", 'w'],
            ],
            $pipes,
            '/',
            $env + [
                'WORKER_NAME' => 'work-1',
                'PARALLITE_WORKER_SOCKET' => "unix://$directory/workers.sock",
                'PARALLITE_WORKER_TOKEN' => self::TOKEN,
                'PARALLITE_WORKER_STDOUT' => "$directory/stdout",
                'PARALLITE_EVENTS' => '1',
            ] + getenv(),
        );
        [$connection, $exitCode] = self::accept($server, $process);
        $worker = new self($process, $connection, $connection, $directory, $exitCode);
        $hello = $worker->readBody();
        $worker->hello = $hello === null ? null : json_decode($hello, true);
        return $worker;
    }

    /**
     * @param resource $server
     * @param resource $process
     * @return array{resource, ?int} the worker's connection, at its end when the worker did not connect; and its exit
     *     code then
     */
    private static function accept(mixed $server, mixed $process): array
    {
        $deadline = microtime(true) + self::PATIENCE;
        do {
            $exitCode = self::exitCodeOf($process);
            $connection = @stream_socket_accept($server, 0.05);
        } while ($connection === false && $exitCode === null && microtime(true) < $deadline);
        if ($connection === false) {
            [$connection, $other] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
            fclose($other);
        }
        return [$connection, $exitCode];
    }

    /**
     * @param resource $process
     * @return ?int null while it runs; PHP tells it once
     */
    private static function exitCodeOf(mixed $process): ?int
    {
        $status = proc_get_status($process);
        return match (true) {
            $status['running'] => null,
            $status['signaled'] => 128 + $status['termsig'],
            default => $status['exitcode'],
        };
    }

    /**
     * @param array<string, string> $env
     * @param list<string> $options of PHP
     */
    public static function overStdio(?string $script = null, array $env = [], array $options = []): self
    {
        $directory = self::directory();
        $process = proc_open(
            [PHP_BINARY, ...$options, $script ?? self::script()],
            [['pipe', 'r'], ['pipe', 'w'], ['file', "$directory/stderr", 'w']],
            $pipes,
            '/',
            $env + ['WORKER_NAME' => 'work-1', 'TMPDIR' => $directory, 'PARALLITE_EVENTS' => '1'] + getenv(),
        );
        return new self($process, $pipes[0], $pipes[1], $directory);
    }

    /**
     * @param array<string, mixed> $request
     * @return array<string, mixed> the reply
     */
    public function ask(array $request, string $encoding = 'json'): array
    {
        $this->send($this->encode($request, $encoding));
        return $this->reply() ?? throw new RuntimeException("the worker did not reply; stderr: {$this->stderr()}");
    }

    /** @param array<string, mixed> $map */
    public function encode(array $map, string $encoding = 'json'): string
    {
        $body = ($encoding === 'json' ? $this->encodings->json : $this->encodings->messagePack)->encode($map);
        return pack('N', strlen($body)) . $body;
    }

    public function send(string $bytes): void
    {
        while ($bytes !== '') {
            $written = fwrite($this->in, $bytes);
            if ($written === false || $written === 0) {
                throw new RuntimeException('the worker does not read; stderr: ' . $this->stderr());
            }
            $bytes = substr($bytes, $written);
        }
    }

    /** @return array<string, mixed>|null null at the end of the channel */
    public function reply(): ?array
    {
        $body = $this->readBody();
        return $body === null ? null : $this->encodings->of($body)->decode($body);
    }

    public function readBody(): ?string
    {
        $header = $this->read(4);
        return $header === null ? null : $this->read(unpack('N', $header)[1]);
    }

    private function read(int $length): ?string
    {
        $bytes = '';
        $deadline = microtime(true) + self::PATIENCE;
        while (strlen($bytes) < $length) {
            $ready = [$this->out];
            $write = $except = null;
            $left = $deadline - microtime(true);
            if ($left <= 0 || stream_select($ready, $write, $except, (int) ceil($left)) === 0) {
                throw new RuntimeException('no reply came; stderr: ' . $this->stderr());
            }
            $chunk = fread($this->out, min($length - strlen($bytes), 1 << 20));
            if ($chunk === '' || $chunk === false) {
                return null;
            }
            $bytes .= $chunk;
        }
        return $bytes;
    }

    /** Closes the daemon's side of the channel. */
    public function hangUp(): void
    {
        fclose($this->in);
        if ($this->out !== $this->in && is_resource($this->out)) {
            fclose($this->out);
        }
    }

    /** Waits for the process to end. */
    public function exitCode(): int
    {
        $deadline = microtime(true) + self::PATIENCE;
        while ($this->isRunning()) {
            if (microtime(true) > $deadline) {
                throw new RuntimeException('the worker does not end; stderr: ' . $this->stderr());
            }
            usleep(2_000);
        }
        return $this->exitCode ?? -1;
    }

    public function isRunning(): bool
    {
        $this->exitCode ??= self::exitCodeOf($this->process);
        return $this->exitCode === null;
    }

    public function pid(): int
    {
        return proc_get_status($this->process)['pid'];
    }

    public function stderr(): string
    {
        return (string) file_get_contents("{$this->directory}/stderr");
    }

    /** @return list<string> what it left in its directory besides the standard streams */
    public function leftovers(): array
    {
        return array_values(array_diff(scandir($this->directory), ['.', '..', 'workers.sock', 'stdout', 'stderr']));
    }

    public function stop(): void
    {
        if ($this->isRunning()) {
            proc_terminate($this->process, 9);
        }
        proc_close($this->process);
        array_map(unlink(...), glob("{$this->directory}/*"));
        rmdir($this->directory);
    }

    private static function directory(): string
    {
        $directory = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir($directory, 0700);
        return $directory;
    }
}
