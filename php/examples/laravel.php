<?php

/**
 * What a Laravel application does with the Concurrency facade; here as a script, run in the application's directory.
 *
 * Usage: php artisan parallite:start --detach && php laravel.php
 */

declare(strict_types=1);

use Illuminate\Concurrency\ConcurrencyManager;
use Illuminate\Contracts\Config\Repository;
use Illuminate\Contracts\Console\Kernel;

require_once getcwd() . '/vendor/autoload.php';
$app = require getcwd() . '/bootstrap/app.php';
$app->make(Kernel::class)->bootstrap();

// in an application: Concurrency::driver('parallite')->run([...]), or, with CONCURRENCY_DRIVER=parallite in .env
// and `'default' => env('CONCURRENCY_DRIVER')` in config/concurrency.php, Concurrency::run([...])
$results = $app->make(ConcurrencyManager::class)->driver('parallite')->run([
    'name' => static fn(Repository $config): string => $config->get('app.name'),
    'locale' => static fn(): string => app()->getLocale(),
    'slow' => static function (): string {
        usleep(200_000);
        return 'waited in process ' . getmypid();
    },
]);

foreach ($results as $key => $result) {
    echo "$key: $result\n";
}
