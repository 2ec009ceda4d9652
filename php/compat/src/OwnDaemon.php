<?php

declare(strict_types=1);

namespace Parallite;

use B7s\Parallite\Client;
use B7s\Parallite\Daemon\Binary;
use B7s\Parallite\Daemon\Launcher;
use B7s\Parallite\Exception\DaemonNotRunning;

/**
 * A daemon that this process has started for itself, and stops again. It lives as long as this process, which holds a
 * connection: if the process is killed, the daemon ends by itself a minute later.
 *
 * @internal
 */
final class OwnDaemon
{
    /** Seconds that it gets to end; then it is killed. */
    private const GRACE = 5.0;

    /** @param Client $lifeline is connected, and never used */
    private function __construct(
        private readonly int $pid,
        private readonly int $owner,
        private readonly string $log,
        private ?Client $lifeline,
    ) {
    }

    /**
     * Starts a daemon, unless one listens.
     *
     * @return ?self null when there was one
     * @throws DaemonNotRunning when it does not start
     */
    public static function ensure(string $socket, string $projectRoot, Configuration $configuration): ?self
    {
        $lifeline = null;
        $isAnswered = static function () use ($socket, &$lifeline): bool {
            try {
                $lifeline = Client::connect($socket);
                return true;
            } catch (DaemonNotRunning) {
                return false;
            }
        };
        if ($isAnswered()) {
            return null;
        }
        $configuration->check();
        try {
            $binary = Binary::get($projectRoot);
        } catch (DaemonNotRunning $e) {
            throw new DaemonNotRunning("Parallite binary not found: no daemon listens at $socket, and {$e->getMessage()}", 0, $e);
        }
        $arguments = ['--socket', $socket];
        if ($configuration->file !== null) {
            array_push($arguments, '--config', $configuration->file);
        }
        $log = (string) tempnam(sys_get_temp_dir(), 'parallite-log-');
        $pid = Launcher::launch($binary, $arguments, $projectRoot, $configuration->environment(), $log, $isAnswered);
        return new self($pid, (int) getmypid(), $log, $lifeline);
    }

    /** Stops it, in the process that started it; does nothing in a child that was forked from that. */
    public function stop(): void
    {
        $this->lifeline = null;
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
        $number = $name === 'TERM' ? 15 : 9;
        function_exists('posix_kill') ? posix_kill($this->pid, $number) : exec("kill -$number {$this->pid} 2>&1");
    }
}
