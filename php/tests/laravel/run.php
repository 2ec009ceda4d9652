<?php

/**
 * Runs one of the scenarios in scenarios.php in this application, and prints what it gives as JSON.
 *
 * php run.php SCENARIO
 */

declare(strict_types=1);

/** @var Illuminate\Foundation\Application $app */
$app = require __DIR__ . '/bootstrap/app.php';
$app->make(Illuminate\Contracts\Console\Kernel::class)->bootstrap();
$scenarios = require __DIR__ . '/scenarios.php';
try {
    $result = $scenarios[$argv[1]]($app->make(Illuminate\Concurrency\ConcurrencyManager::class)->driver('parallite'));
    echo json_encode(['result' => $result]);
} catch (Throwable $e) {
    echo json_encode(['exception' => $e::class, 'message' => $e->getMessage()]);
}
