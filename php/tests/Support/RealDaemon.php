<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

use B7s\Parallite\Client;
use B7s\Parallite\Daemon\Launcher;
use B7s\Parallite\Exception\ConnectionException;

/**
 * A daemon that a test starts, configures and ends itself: the one that PARALLITE_BIN names, or that was built here.
 */
final class RealDaemon
{
    public readonly string $socket;

    private readonly string $directory;

    private int $pid;

    /** @param array<string, string> $environment */
    public function __construct(private readonly array $environment)
    {
        $this->directory = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir($this->directory, 0700);
        $this->socket = "{$this->directory}/socket";
        $this->start();
    }

    public static function binary(): string
    {
        return getenv('PARALLITE_BIN') ?: dirname(__DIR__, 3) . '/target/parallite/bin/parallite';
    }

    public function start(): void
    {
        $this->pid = Launcher::launch(
            self::binary(),
            ['--socket', $this->socket],
            '/',
            $this->environment,
            "{$this->directory}/log",
            function (): bool {
                try {
                    Client::connect($this->socket);
                    return true;
                } catch (ConnectionException) {
                    return false;
                }
            },
        );
    }

    /** Ends it, and waits for that. */
    public function end(int $signal = SIGTERM): void
    {
        posix_kill($this->pid, $signal);
        for ($i = 0; $i < 3_000 && posix_kill($this->pid, 0); $i++) {
            usleep(5_000);
        }
    }

    public function stop(): void
    {
        $this->end();
        array_map(unlink(...), glob("{$this->directory}/*") ?: []);
        rmdir($this->directory);
    }
}
