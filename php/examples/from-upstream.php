<?php

/**
 * Written for the upstream package; it runs here without a change. It uses the daemon that PARALLITE_SOCKET names,
 * or else starts one that ends with it.
 *
 * Usage: php from-upstream.php
 */

declare(strict_types=1);

require __DIR__ . '/support/load.php';
require_once dirname(__DIR__) . '/compat/autoload.php'; // with Composer: the package that this directory is

$started = microtime(true);
$report = async(static function (): array {
    usleep(300_000);
    return ['rows' => 1200];
})->then(static fn(array $report): string => "{$report['rows']} rows");

$rate = async(static function (): float {
    usleep(200_000);
    throw new RuntimeException('the bank does not answer');
})->catch(static function (Throwable $e): float {
    echo "caught: {$e->getMessage()}\n";
    return 1.0;
})->finally(static function (): void {
    echo "the rate is settled\n";
});

$results = await(['report' => $report, 'rate' => $rate, 'currency' => 'EUR']);

var_dump($results);
printf("after %.1f s\n", microtime(true) - $started);
