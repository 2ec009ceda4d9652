<?php

declare(strict_types=1);

/** A Redis of its own on a free port of the loopback interface, with an append-only file, until it is stopped. */
final class BenchmarkedRedis
{
    private const PATIENCE = 10;

    public readonly int $port;

    private readonly string $directory;

    /** @var resource */
    private $process;

    public function __construct()
    {
        $free = stream_socket_server('tcp://127.0.0.1:0');
        $this->port = (int) substr(strrchr(stream_socket_get_name($free, false), ':'), 1);
        fclose($free);
        $this->directory = sys_get_temp_dir() . '/parallite-bench-' . bin2hex(random_bytes(6));
        mkdir($this->directory, 0700);
        $log = ['file', "$this->directory/log", 'a'];
        $server = ['redis-server', '--port', (string) $this->port, '--bind', '127.0.0.1', '--save', ''];
        $process = proc_open(
            [...$server, '--appendonly', 'yes', '--dir', $this->directory],
            [['file', '/dev/null', 'r'], $log, $log],
            $pipes,
        );
        $this->process = $process !== false ? $process : throw new RuntimeException('redis-server cannot be started');
        $deadline = microtime(true) + self::PATIENCE;
        while (($connection = @stream_socket_client("tcp://127.0.0.1:$this->port")) === false) {
            if (microtime(true) > $deadline) {
                throw new RuntimeException("redis-server does not listen on port $this->port");
            }
            usleep(20_000);
        }
        fclose($connection);
    }

    /** A file with the secret of a cluster on it. */
    public function secretFile(): string
    {
        $file = "$this->directory/secret";
        if (!is_file($file)) {
            file_put_contents($file, bin2hex(random_bytes(32)));
            chmod($file, 0400);
        }
        return $file;
    }

    public function stop(): void
    {
        proc_terminate($this->process);
        while (proc_get_status($this->process)['running']) {
            usleep(1_000);
        }
        exec('rm -r ' . escapeshellarg($this->directory));
    }
}
