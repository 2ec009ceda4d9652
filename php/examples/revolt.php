<?php

/**
 * Tasks in fibers of Revolt's event loop, on which Amp 3 runs: whatever waits suspends its own fiber, and the loop goes
 * on, here with a clock. Nothing has to be set up for that.
 *
 * Usage: php revolt.php (needs revolt/event-loop)
 */

declare(strict_types=1);

use B7s\Parallite\Client;
use B7s\Parallite\Task;
use Revolt\EventLoop;

require __DIR__ . '/support/load.php';

$client = new Client();
$ticks = 0;
$clock = EventLoop::repeat(0.05, static function () use (&$ticks): void {
    $ticks++;
});
EventLoop::unreference($clock); // it keeps no program running by itself

foreach (['amsterdam' => 0.4, 'berlin' => 0.2] as $city => $seconds) {
    EventLoop::queue(static function () use ($client, $city, $seconds): void {
        $name = $client->run(static function () use ($city, $seconds): string {
            usleep((int) ($seconds * 1e6));
            return ucfirst($city);
        });
        echo "$name has answered\n";
    });
}

EventLoop::queue(static function () use ($client): void {
    $steps = $client->submit(static function (): void {
        foreach (['one', 'two', 'three'] as $step) {
            Task::emit($step);
            usleep(100_000);
        }
    });
    foreach ($steps->stream() as $step) {
        echo "step $step\n";
    }
});

EventLoop::run();
echo "the clock went on ticking: $ticks times\n";
