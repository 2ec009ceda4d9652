<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel\Console;

use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Laravel\ApplicationDaemon;
use Illuminate\Console\Command;

/**
 * `php artisan parallite:status`: whether the daemon runs (else the exit code is 1), and how it is.
 */
final class StatusCommand extends Command
{
    protected $signature = 'parallite:status {--json : Print all figures as JSON}';

    protected $description = 'Show the Parallite daemon and its workers';

    public function handle(ApplicationDaemon $daemon): int
    {
        try {
            $stats = $daemon->connection()->stats();
        } catch (ConnectionException $e) {
            $this->option('json')
                ? $this->line((string) json_encode(['running' => false, 'socket' => $daemon->socket]))
                : $this->error($e->getMessage());
            return self::FAILURE;
        }
        if ($this->option('json')) {
            $this->line((string) json_encode(['running' => true, 'socket' => $daemon->socket] + $stats));
            return self::SUCCESS;
        }
        $this->show($daemon->socket, $stats);
        return self::SUCCESS;
    }

    /** @param array<string, mixed> $stats */
    private function show(string $socket, array $stats): void
    {
        $pool = $stats['pool'] ?? [];
        $tasks = $stats['tasks'] ?? [];
        $this->table(['', ''], [
            ['version', $stats['version'] ?? '?'],
            ['socket', $socket],
            ['pid', $stats['pid'] ?? '?'],
            ['up for', sprintf('%d s', ($stats['uptime_ms'] ?? 0) / 1000)],
            ['workers', sprintf('%d idle, %d busy', $pool['idle'] ?? 0, $pool['busy'] ?? 0)],
            ['tasks', sprintf('%d completed, %d failed, %d cancelled', $tasks['completed'] ?? 0, $tasks['failed'] ?? 0, $tasks['cancelled'] ?? 0)],
            ['waiting', (string) ($stats['queue']['length'] ?? 0)],
        ]);
        if (isset($pool['start_failure'])) {
            $this->error("Workers do not start: {$pool['start_failure']}");
        }
    }
}
