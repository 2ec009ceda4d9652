<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel\Console;

use B7s\Parallite\Daemon\Environment;
use B7s\Parallite\Daemon\Launcher;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Laravel\ApplicationDaemon;
use Illuminate\Console\Command;

/**
 * `php artisan parallite:start`: becomes the daemon, for a supervisor or a terminal; or, with --detach, leaves it
 * running behind.
 */
final class StartCommand extends Command
{
    /** With which a log is put aside. */
    private const LOG_BYTES = 10 << 20;

    private const OLD_LOGS = 4;

    protected $signature = 'parallite:start {--detach : Return when the daemon listens}';

    protected $description = 'Start the Parallite daemon, whose workers boot this application';

    public function handle(ApplicationDaemon $daemon): int
    {
        try {
            if ($this->isRunning($daemon)) {
                $this->line("A Parallite daemon listens at {$daemon->socket} already.");
                return self::SUCCESS;
            }
            return $this->option('detach') ? $this->detach($daemon) : $this->become($daemon);
        } catch (ConnectionException $e) {
            $this->error($e->getMessage());
            return self::FAILURE;
        }
    }

    private function isRunning(ApplicationDaemon $daemon): bool
    {
        try {
            $daemon->connection()->ping();
            return true;
        } catch (DaemonNotRunning) {
            return false;
        }
    }

    private function detach(ApplicationDaemon $daemon): int
    {
        $logs = $this->laravel->storagePath() . '/logs';
        $log = (realpath($logs) ?: $logs) . '/parallite.log'; // often a link, and the same directory in all releases
        self::rotate($log);
        $pid = Launcher::launch(
            $daemon->binary(),
            $daemon->arguments(),
            $daemon->directory(),
            $daemon->environment(),
            $log,
            fn(): bool => $this->isRunning($daemon),
            appends: true,
        );
        $this->line("The Parallite daemon (pid $pid) listens at {$daemon->socket}; its log is $log.");
        return self::SUCCESS;
    }

    /** A log that has grown is put aside, and the oldest one of them removed. */
    private static function rotate(string $log): void
    {
        if ((int) @filesize($log) < self::LOG_BYTES) {
            return;
        }
        for ($number = self::OLD_LOGS; $number > 1; $number--) {
            @rename("$log." . $number - 1, "$log.$number");
        }
        @rename($log, "$log.1");
    }

    /** Signals then reach the daemon, and not a PHP process in front of it. */
    private function become(ApplicationDaemon $daemon): int
    {
        $binary = $daemon->binary();
        $environment = $daemon->environment() + Environment::ofProcess();
        chdir($daemon->directory());
        if (function_exists('pcntl_exec')) {
            pcntl_exec($binary, $daemon->arguments(), $environment);
        }
        $process = proc_open([$binary, ...$daemon->arguments()], [STDIN, STDOUT, STDERR], $pipes, null, $environment);
        return $process === false ? self::FAILURE : proc_close($process);
    }
}
