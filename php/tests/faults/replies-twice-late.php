<?php

/** Sends its reply a second time 50 ms after the first, when the worker already counts as free. */

declare(strict_types=1);

require __DIR__ . '/support/frames.php';

serve(function (array $request): void {
    send_echo($request);
    usleep(50_000);
    send_echo($request);
});
