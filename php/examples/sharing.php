<?php

/**
 * A table that all tasks look into is sent to the daemon once, and loaded once by each worker.
 *
 * Usage: php sharing.php [ROWS]     (default: 20000)
 */

declare(strict_types=1);

use B7s\Parallite\Client;

require __DIR__ . '/support/load.php';

$client = new Client();
$rows = max(1, (int) ($argv[1] ?? 20_000));
$prices = [];
for ($i = 0; $i < $rows; $i++) {
    $prices["article $i"] = ['net' => 10 + $i % 90, 'tax' => $i % 2 === 0 ? 0.2 : 0.1];
}

$shared = $client->share($prices);
$orders = array_chunk(array_keys($prices), 50);
$totals = $client->map($orders, static function (array $articles) use ($shared): float {
    $prices = $shared->value();
    return array_sum(array_map(
        static fn (string $article): float => $prices[$article]['net'] * (1 + $prices[$article]['tax']),
        $articles,
    ));
});
printf("%d orders, %.2f in all\n", count($totals), array_sum($totals));
