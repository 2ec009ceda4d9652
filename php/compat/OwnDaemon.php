<?php

declare(strict_types=1);

namespace Parallite;

use B7s\Parallite\Client;
use B7s\Parallite\Daemon\Autostart;
use B7s\Parallite\Daemon\Binary;
use B7s\Parallite\Daemon\Launcher;
use B7s\Parallite\Exception\DaemonNotRunning;

/**
 * A daemon that this process has started for itself, and stops again.
 *
 * @internal
 */
final class OwnDaemon
{
    /** Seconds that it gets to end; then it is killed. */
    private const GRACE = 5.0;

    /** If this process is killed, the daemon ends by itself after so many milliseconds without a client. */
    private const IDLE_SHUTDOWN_MS = '60000';

    private function __construct(private readonly int $pid, private readonly int $owner, private readonly string $log)
    {
    }

    /**
     * Starts a daemon, unless one listens.
     *
     * @param ?string $projectRoot where it runs, else the root of the project
     * @return ?self null when there was one
     * @throws DaemonNotRunning when it does not start
     */
    public static function ensure(string $socket, ?string $projectRoot): ?self
    {
        $isAnswered = static function () use ($socket): bool {
            try {
                Client::connect($socket);
                return true;
            } catch (DaemonNotRunning) {
                return false;
            }
        };
        if ($isAnswered()) {
            return null;
        }
        $root = (new Autostart($projectRoot))->projectRoot;
        $binary = Binary::find($root) ?? throw new DaemonNotRunning("no daemon listens at $socket, and none can be "
            . 'started: `parallite` is neither named by PARALLITE_BIN, nor in vendor/bin or on the PATH');
        $arguments = ['--socket', $socket];
        if (is_file("$root/parallite.json")) {
            array_push($arguments, '--config', "$root/parallite.json");
        }
        $log = (string) tempnam(sys_get_temp_dir(), 'parallite-log-');
        $environment = ['PARALLITE_IDLE_SHUTDOWN_MS' => self::IDLE_SHUTDOWN_MS];
        $pid = Launcher::launch($binary, $arguments, $root, $environment, $log, $isAnswered);
        return new self($pid, (int) getmypid(), $log);
    }

    /** Stops it, in the process that started it; does nothing in a child that was forked from that. */
    public function stop(): void
    {
        if ($this->owner !== getmypid()) {
            return;
        }
        $this->signal('TERM');
        for ($deadline = microtime(true) + self::GRACE; Launcher::isAlive($this->pid); usleep(5_000)) {
            if (microtime(true) >= $deadline) {
                $this->signal('KILL');
                break;
            }
        }
        @unlink($this->log);
    }

    private function signal(string $name): void
    {
        function_exists('posix_kill')
            ? posix_kill($this->pid, $name === 'TERM' ? 15 : 9)
            : exec("kill -$name {$this->pid} 2>&1");
    }
}
