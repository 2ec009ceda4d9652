<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

use RuntimeException;

/**
 * The daemon in miniature (mini-daemon.php) as a process of a test.
 */
final class MiniDaemon
{
    public readonly string $socket;

    private readonly string $directory;

    private readonly mixed $process;

    public function __construct(int $workers = 16)
    {
        $this->directory = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir($this->directory, 0700);
        $this->socket = "{$this->directory}/socket";
        $command = [PHP_BINARY, __DIR__ . '/mini-daemon.php', $this->socket, (string) $workers, (string) getmypid()];
        $includes = json_encode([__DIR__ . '/scopes.php']);
        // not the streams of the tests: who reads these waits for the last process that has them
        $streams = [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'], ['file', "{$this->socket}.log", 'w']];
        $this->process = proc_open($command, $streams, $pipes, '/', ['PARALLITE_PHP_INCLUDES' => $includes] + getenv());
        for ($i = 0; !file_exists($this->socket); $i++) {
            if ($i > 5_000) {
                throw new RuntimeException('the daemon in miniature does not start');
            }
            usleep(1_000);
        }
    }

    public function stop(): void
    {
        proc_terminate($this->process);
        proc_close($this->process);
        rmdir($this->directory);
    }
}
