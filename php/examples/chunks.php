<?php

/**
 * Maps many small items: by themselves, in chunks, with failures as values, in their order, and until a deadline.
 *
 * Usage: php chunks.php [ITEMS]     (default: 20000)
 */

declare(strict_types=1);

use B7s\Parallite\Client;
use B7s\Parallite\Exception\DeadlineExceeded;

require __DIR__ . '/support/load.php';

$client = new Client();
$numbers = range(1, (int) ($argv[1] ?? 20_000));

// A task takes a tenth of a millisecond besides what it does: a chunk of items pays that once.
$started = microtime(true);
$digits = $client->map($numbers, fn (int $n): int => array_sum(str_split((string) $n)), chunk: 'auto');
printf("%d items, sum of digits %d, in %.2f s\n", count($digits), array_sum($digits), microtime(true) - $started);

// An item that fails is a value here, with its key; the others are not disturbed.
$amounts = ['a-1' => '12.50', 'a-2' => 'twelve', 'a-3' => '7.00'];
$parsed = $client->map($amounts, function (string $text): float {
    return is_numeric($text) ? (float) $text : throw new InvalidArgumentException("\"$text\" is no amount");
}, chunk: 100, settled: true);
foreach ($parsed as $id => $amount) {
    echo "$id: ", $amount->isOk() ? number_format($amount->value, 2) : $amount->exception->getMessage(), "\n";
}

// In the order of the items, each as soon as it and those before it are there.
foreach ($client->imap([30, 20, 10], fn (int $ms): int => [usleep($ms * 1000), $ms][1], ordered: true) as $ms) {
    echo "$ms ";
}
echo "\n";

// What has not ended by the deadline is cancelled.
try {
    $client->map([1, 2, 3], fn (int $n) => sleep(60 * $n), deadline: 0.2);
} catch (DeadlineExceeded $e) {
    echo $e->getMessage(), "\n";
}
