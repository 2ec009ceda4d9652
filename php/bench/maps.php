<?php

/**
 * What a map of many trivial items takes: chunks cut by hand, chunks of a size, and chunks by the clock, in turns.
 *
 * Usage: deploy/with-daemon php php/bench/maps.php [ITEMS [ROUNDS]]     (default: 100000 7)
 */

declare(strict_types=1);

use B7s\Parallite\Client;

require __DIR__ . '/../examples/support/load.php';

$numbers = range(1, (int) ($argv[1] ?? 100_000));
$rounds = (int) ($argv[2] ?? 7);
$client = new Client();
$double = static fn(int $n): int => 2 * $n;
$expected = array_map($double, $numbers);

$ways = [
    'by hand, 1000' => static fn(): array => array_merge(...$client->map(
        array_chunk($numbers, 1000),
        static fn(array $part): array => array_map(static fn(int $n): int => 2 * $n, $part),
    )),
    'chunk: 1000' => static fn(): array => $client->map($numbers, $double, chunk: 1000),
    "chunk: 'auto'" => static fn(): array => $client->map($numbers, $double, chunk: 'auto'),
];
$took = [];
for ($round = 0; $round <= $rounds; $round++) { // the first one warms up
    foreach ($ways as $way => $map) {
        $begun = hrtime(true);
        $map() === $expected || throw new UnexpectedValueException("$way: wrong values");
        $round === 0 || $took[$way][] = (hrtime(true) - $begun) / 1e9;
    }
}
foreach ($took as $way => $seconds) {
    sort($seconds);
    printf("%-16s %.3f s (%.3f to %.3f)\n", $way, $seconds[intdiv($rounds, 2)], $seconds[0], end($seconds));
}
