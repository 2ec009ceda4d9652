<?php

/** Exits with status 1 and no reply when the payload is "crash"; echoes anything else. */

declare(strict_types=1);

require __DIR__ . '/support/frames.php';

serve(function (array $request): void {
    if ($request['payload'] === 'crash') {
        fwrite(STDERR, "crashing, as asked\n");
        exit(1);
    }
    send_echo($request);
});
