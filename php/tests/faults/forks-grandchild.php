<?php

/**
 * Starts `sleep 300` in the background, writes its process id to the file named by the payload (if that is an
 * absolute path), and never answers: whoever kills the worker has a grandchild to kill too.
 */

declare(strict_types=1);

require __DIR__ . '/support/frames.php';

serve(function (array $request): void {
    $pid = (int) exec('sleep 300 > /dev/null 2>&1 & echo $!');
    $payload = $request['payload'] ?? null;
    if (is_string($payload) && str_starts_with($payload, '/')) {
        file_put_contents($payload, (string) $pid);
    }
    sleep_for_ever();
});
