<?php

/**
 * Serves a page whose task dumps something: the router of PHP's own server.
 */

declare(strict_types=1);

use Illuminate\Contracts\Http\Kernel;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Concurrency;
use Illuminate\Support\Facades\Route;

/** @var Illuminate\Foundation\Application $app */
$app = require __DIR__ . '/bootstrap/app.php';
$kernel = $app->make(Kernel::class);
$kernel->bootstrap();
Route::get('/page', static fn(): string => implode(Concurrency::driver('parallite')->run([
    'a' => static fn(): string => dump('seen in a page') . '!',
])));
$request = Request::capture();
$response = $kernel->handle($request);
$response->send();
$kernel->terminate($request, $response);
