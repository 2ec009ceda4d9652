<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Exception\ParalliteException;

/**
 * The section of `php artisan about`.
 */
final class About
{
    public function __construct(private readonly ApplicationDaemon $daemon)
    {
    }

    /** @return array<string, string> */
    public function __invoke(): array
    {
        return ['Socket' => $this->daemon->socket] + $this->state();
    }

    /** @return array<string, string> */
    private function state(): array
    {
        try {
            $stats = $this->daemon->connection()->stats();
        } catch (DaemonNotRunning) {
            return ['Daemon' => 'NOT RUNNING (php artisan parallite:start)'];
        } catch (ParalliteException $e) {
            return ['Daemon' => $e->getMessage()];
        }
        $stats += ['version' => '?', 'pid' => 0, 'pool' => []];
        $pool = $stats['pool'] + ['idle' => 0, 'busy' => 0, 'max_workers' => 0];
        return [
            'Daemon' => sprintf('RUNNING, version %s, pid %d', $stats['version'], $stats['pid']),
            'Workers' => sprintf('%d idle, %d busy, at most %d', $pool['idle'], $pool['busy'], $pool['max_workers']),
        ];
    }
}
