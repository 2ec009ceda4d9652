<?php

declare(strict_types=1);

use Illuminate\Foundation\Application;

require_once __DIR__ . '/autoload.php';

if (method_exists(Application::class, 'configure')) {
    return Application::configure(dirname(__DIR__))->withMiddleware()->withExceptions()->create();
}

$app = new Application(dirname(__DIR__));
$app->singleton(Illuminate\Contracts\Console\Kernel::class, Illuminate\Foundation\Console\Kernel::class);
$app->singleton(Illuminate\Contracts\Debug\ExceptionHandler::class, Illuminate\Foundation\Exceptions\Handler::class);

return $app;
