<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel\Console;

use B7s\Parallite\Client;
use B7s\Parallite\Daemon\Environment;
use B7s\Parallite\Daemon\Launcher;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Laravel\ApplicationDaemon;
use Illuminate\Console\Command;

/**
 * `php artisan parallite:start`: becomes the daemon, for a supervisor or a terminal; or, with --detach, leaves it
 * running behind.
 */
final class StartCommand extends Command
{
    protected $signature = 'parallite:start {--detach : Return when the daemon listens}';

    protected $description = 'Start the Parallite daemon, whose workers boot this application';

    public function handle(ApplicationDaemon $daemon): int
    {
        if ($this->isRunning($daemon)) {
            $this->line("A Parallite daemon listens at {$daemon->socket} already.");
            return self::SUCCESS;
        }
        try {
            return $this->option('detach') ? $this->detach($daemon) : $this->become($daemon);
        } catch (ConnectionException $e) {
            $this->error($e->getMessage());
            return self::FAILURE;
        }
    }

    private function isRunning(ApplicationDaemon $daemon): bool
    {
        try {
            Client::connect($daemon->socket);
            return true;
        } catch (ConnectionException) {
            return false;
        }
    }

    private function detach(ApplicationDaemon $daemon): int
    {
        $log = $this->laravel->storagePath() . '/logs/parallite.log';
        $pid = Launcher::launch(
            $daemon->binary(),
            $daemon->arguments(),
            $daemon->basePath,
            $daemon->environment(),
            $log,
            fn(): bool => $this->isRunning($daemon),
        );
        $this->line("The Parallite daemon (pid $pid) listens at {$daemon->socket}; its log is $log.");
        return self::SUCCESS;
    }

    /** Signals then reach the daemon, and not a PHP process in front of it. */
    private function become(ApplicationDaemon $daemon): int
    {
        $binary = $daemon->binary();
        $environment = $daemon->environment() + Environment::ofProcess();
        chdir($daemon->basePath);
        if (function_exists('pcntl_exec')) {
            pcntl_exec($binary, $daemon->arguments(), $environment);
        }
        $process = proc_open([$binary, ...$daemon->arguments()], [STDIN, STDOUT, STDERR], $pipes, null, $environment);
        return $process === false ? self::FAILURE : proc_close($process);
    }
}
