<?php

/**
 * A program of a project whose functions have the names of the Go daemon's package. It uses the native client.
 */

declare(strict_types=1);

require __DIR__ . '/vendor/autoload.php';

$client = new B7s\Parallite\Client(autostart: new B7s\Parallite\Daemon\Autostart(idleShutdown: 5.0));

echo json_encode([
    pd('here'),
    $client->run(fn () => pd('there')),
    $client->run(fn () => async('there')),
]);
