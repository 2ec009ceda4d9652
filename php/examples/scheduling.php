<?php

/**
 * Long jobs in the background, and a short task that does not wait behind them.
 *
 * Usage: php scheduling.php [JOBS]     (default: 40)
 */

declare(strict_types=1);

use B7s\Parallite\Client;
use B7s\Parallite\Exception\QueueFull;
use B7s\Parallite\Future;

require __DIR__ . '/support/load.php';

$client = new Client();
$jobs = [];
for ($i = 0; $i < (int) ($argv[1] ?? 40); $i++) {
    $jobs[$i] = $client->submit(fn (int $n): int => [usleep(50_000), $n][1], [$i], priority: 'low');
}

// More jobs wait than there are workers; this one goes first.
$price = $client->run(fn (): float => 4.5, priority: 'high');
$waiting = count(array_filter($jobs, fn (Future $job): bool => !$job->isDone()));
echo "price $price, while ", $waiting > 0 ? 'jobs' : 'no jobs', " were waiting\n";

// And this one would rather not run at all than late.
try {
    $client->run(fn (): string => 'fresh', priority: 'low', queueTimeout: 0.001);
    echo "a worker was free\n";
} catch (QueueFull $e) {
    echo "nobody was free in time: {$e->getErrorCode()}\n";
}

echo count($client->awaitAll($jobs)), " jobs are done\n";
