<?php

declare(strict_types=1);

use Illuminate\Foundation\Application;

return Application::configure(dirname(__DIR__))
    ->withRouting(commands: __DIR__ . '/../routes/console.php')
    ->withMiddleware()
    ->withExceptions()
    ->create();
