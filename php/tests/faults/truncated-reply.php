<?php

/** Sends the first half of its reply and exits with status 0. */

declare(strict_types=1);

require __DIR__ . '/support/frames.php';

serve(function (array $request): void {
    $frame = encode_reply($request, echo_of($request));
    send(substr($frame, 0, intdiv(strlen($frame), 2)));
    exit(0);
});
