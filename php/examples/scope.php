<?php

/**
 * Two sources are asked at the same time, and tried again when they fail; the first answer is enough.
 *
 * Usage: php scope.php
 */

declare(strict_types=1);

use B7s\Parallite\Cancellation;
use B7s\Parallite\Client;
use B7s\Parallite\Exception\TaskCancelled;
use B7s\Parallite\Future;
use B7s\Parallite\Retry;
use B7s\Parallite\Scope;

require __DIR__ . '/support/load.php';

$client = new Client();

// Both run; when the block ends, the one that has not answered is cancelled.
$answer = $client->scope(function (Scope $scope): string {
    return Future::any([
        $scope->submit(fn (): string => [sleep(60), 'the slow source'][1]),
        $scope->submit(fn (): string => 'the fast source'),
    ]);
});
echo "answered: $answer\n";

// The first failure cancels the others, and is thrown.
try {
    $client->scope(function (Scope $scope): array {
        $parts = [
            $scope->submit(fn (): int => sleep(60)),
            $scope->submit(fn () => throw new RuntimeException('no stock')),
        ];
        return Future::all($parts);
    });
} catch (RuntimeException $e) {
    echo "failed: {$e->getMessage()}\n";
}

// A task that fails is tried again, after 0.01 and 0.02 seconds.
$file = tempnam(sys_get_temp_dir(), 'tries');
$tries = $client->run(function () use ($file): int {
    file_put_contents($file, '.', FILE_APPEND);
    clearstatcache();
    return filesize($file) < 3 ? throw new RuntimeException('not yet') : filesize($file);
}, retry: new Retry(times: 5, delay: 0.01, on: [RuntimeException::class]));
unlink($file);
echo "came out at try $tries\n";

// Handlers of signals may cancel, too: pcntl_signal(SIGINT, fn () => $cancellation->cancel());
$cancellation = new Cancellation();
$client->submit(fn (): bool => true)->then(fn () => $cancellation->cancel());
try {
    $client->map(range(1, 100), fn (int $n) => sleep(60), cancellation: $cancellation);
} catch (TaskCancelled) {
    echo "the map was cancelled\n";
}
