<?php

/**
 * What 100 tasks take that look into one table: captured by the task, and shared, in turns.
 *
 * Usage: deploy/with-daemon php php/bench/sharing.php [ROUNDS]     (default: 7)
 */

declare(strict_types=1);

use B7s\Parallite\Client;

require __DIR__ . '/../examples/support/load.php';

$rounds = (int) ($argv[1] ?? 7);
$client = new Client();
$table = [];
for ($i = 0; $i < 15_000; $i++) {
    $table[] = ['id' => $i, 'name' => "product number $i", 'price' => $i * 1.5];
}
$numbers = range(0, 99);
$expected = array_map(static fn (int $n): float => $table[$n]['price'], $numbers);

$ways = [
    'captured' => static fn (): array => $client->map($numbers, static fn (int $n): float => $table[$n]['price']),
    'shared, new to the daemon' => static function () use ($client, $table, $numbers): array {
        $table[] = ['id' => random_int(0, PHP_INT_MAX)];
        $shared = $client->share($table);
        return $client->map($numbers, static fn (int $n): float => $shared->value()[$n]['price']);
    },
    'shared before' => static function () use ($client, $table, $numbers): array {
        static $shared = null;
        $shared ??= $client->share($table);
        return $client->map($numbers, static fn (int $n): float => $shared->value()[$n]['price']);
    },
];
$took = [];
for ($round = 0; $round <= $rounds; $round++) { // the first one warms up
    foreach ($ways as $way => $run) {
        $begun = hrtime(true);
        $run() === $expected || throw new UnexpectedValueException("$way: wrong values");
        $round === 0 || $took[$way][] = (hrtime(true) - $begun) / 1e9;
    }
}
printf("a table of %.1f MB, 100 tasks\n", strlen(serialize($table)) / 1e6);
foreach ($took as $way => $seconds) {
    sort($seconds);
    printf("%-26s %.3f s (%.3f to %.3f)\n", $way, $seconds[intdiv($rounds, 2)], $seconds[0], end($seconds));
}
