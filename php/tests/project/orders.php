<?php

/**
 * A program as one writes it for the Go daemon's package, by its functions. It prints what it found as JSON.
 */

declare(strict_types=1);

require __DIR__ . '/vendor/autoload.php';

use App\Order;

use function App\vat;

$log = [];
$rates = ['EUR' => 1.0, 'USD' => 1.08, 'GBP' => 0.86];

$converted = [];
foreach ($rates as $currency => $rate) {
    $converted[$currency] = async(fn () => round(100 * $rate, 2));
}

$order = async(function () {
    return new Order(4711, new DateTimeImmutable('2024-02-29 12:00', new DateTimeZone('UTC')));
});

$invoice = async(fn () => ['net' => 100, 'lines' => [3 => 'pen', 7 => 'ink'], 'unknown' => NAN])
    ->then(function (array $invoice): array {
        $invoice['gross'] = vat($invoice['net']);

        return $invoice;
    })
    ->finally(function () use (&$log) {
        $log[] = 'invoice';
    });

$failed = async(function () {
    throw new RuntimeException('the bank does not answer');
})
    ->then(fn () => 'is not called')
    ->catch(function (Throwable $e) use (&$log) {
        $log[] = $e->getMessage();

        return 'later';
    })
    ->then(fn (string $when) => strtoupper($when));

echo json_encode([
    'converted' => await($converted),
    'order' => await($order),
    'invoice' => await($invoice),
    'failed' => await($failed),
    'mixed' => await(['as it is' => 1, 'task' => async(fn () => greeting('Ada'))]),
    'log' => $log,
], JSON_THROW_ON_ERROR);
