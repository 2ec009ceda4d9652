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
        $pool = ($stats['pool'] ?? []) + ['idle' => 0, 'busy' => 0];
        $tasks = ($stats['tasks'] ?? []) + ['completed' => 0, 'failed' => 0, 'cancelled' => 0];
        $this->table(['', ''], [
            ['version', $stats['version'] ?? '?'],
            ['socket', $socket],
            ['pid', $stats['pid'] ?? '?'],
            ['up for', sprintf('%d s', ($stats['uptime_ms'] ?? 0) / 1000)],
            ['workers', "{$pool['idle']} idle, {$pool['busy']} busy"],
            ['tasks', "{$tasks['completed']} completed, {$tasks['failed']} failed, {$tasks['cancelled']} cancelled"],
            ['waiting', (string) ($stats['queue']['length'] ?? 0)],
        ]);
        if (isset($pool['start_failure'])) {
            $this->error("Workers do not start: {$pool['start_failure']}");
        }
    }
}
