<?php

/**
 * The same, by the package's client.
 */

declare(strict_types=1);

require __DIR__ . '/vendor/autoload.php';

use Parallite\ParalliteClient;

$messages = [];
$client = new ParalliteClient(autoManageDaemon: true);
$client->enableBenchmark();

$future = $client->async(fn () => strrev('abc'));
$reversed = $client->await($future);

try {
    $nothing = null;
    $client->await($nothing);
} catch (RuntimeException $e) {
    $messages[] = $e->getMessage();
}

try {
    $failing = $client->async(function () {
        throw new LogicException('no');
    });
    $client->await($failing);
} catch (RuntimeException $e) {
    $messages[] = $e->getMessage();
}

$dumped = $client->promise(fn () => pd('seen'))
    ->catch(fn (Throwable $e) => str_contains($e->getMessage(), 'string(4) "seen"'))
    ->resolve();

$all = $client->awaitAll([
    fn () => 1,
    fn () => ['two' => 2],
    function () {
        return 3.0;
    },
]);
$client->stopDaemon();

try {
    (new ParalliteClient(sys_get_temp_dir() . '/nobody.sock', autoManageDaemon: false))->async(fn () => 1);
} catch (RuntimeException $e) {
    $messages[] = substr($e->getMessage(), 0, 31);
}

echo json_encode([
    'reversed' => $reversed,
    'measured' => array_keys($future['benchmark']),
    'dumped' => $dumped,
    'all' => $all,
    'messages' => $messages,
], JSON_THROW_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION);
