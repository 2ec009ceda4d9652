<?php

/**
 * Waits for tasks in an event loop, which goes on with other things meanwhile. The loop here is a few lines of
 * PHP; with one of a library, hand the same stream and the same call to it. (With Revolt or Amp there is nothing
 * to do: await() suspends the fiber that calls it.)
 *
 * Usage: php event-loop.php
 */

declare(strict_types=1);

use B7s\Parallite\Client;

require __DIR__ . '/support/load.php';

$client = new Client();
$future = $client->submit(static function (): string {
    usleep(300_000);
    return 'the result';
});

$ticks = 0;
while (!$future->isDone()) {
    $read = [$client->stream()];
    $write = $client->tick() ? [$client->stream()] : null; // there is more to send
    $except = null;
    if (stream_select($read, $write, $except, 0, 50_000) > 0) {
        $client->tick(); // takes in what has come
    } else {
        $ticks++; // time for something else
    }
}
echo "{$future->await()} has come; the loop was free $ticks times\n";
