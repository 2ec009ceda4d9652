<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel\Console;

use B7s\Parallite\Daemon\Launcher;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Laravel\ApplicationDaemon;
use Illuminate\Console\Command;

/**
 * `php artisan parallite:stop`: has the daemon finish the running tasks and end, and waits for that.
 */
final class StopCommand extends Command
{
    protected $signature = 'parallite:stop {--wait=10 : Seconds to wait for its end}';

    protected $description = 'Stop the Parallite daemon';

    public function handle(ApplicationDaemon $daemon): int
    {
        try {
            $pid = (int) ($daemon->connection()->ping()['pid'] ?? 0);
        } catch (DaemonNotRunning) {
            $this->line("No Parallite daemon listens at {$daemon->socket}.");
            return self::SUCCESS;
        }
        if ($pid === 0 || !function_exists('posix_kill') || !posix_kill($pid, 15)) {
            $this->error("The daemon (pid $pid) cannot be signalled; it runs elsewhere, or as another user.");
            return self::FAILURE;
        }
        for ($deadline = microtime(true) + (float) $this->option('wait'); Launcher::isAlive($pid); usleep(10_000)) {
            if (microtime(true) >= $deadline) {
                $this->error("The daemon (pid $pid) has not ended yet.");
                return self::FAILURE;
            }
        }
        $this->line("The daemon (pid $pid) has ended.");
        return self::SUCCESS;
    }
}
