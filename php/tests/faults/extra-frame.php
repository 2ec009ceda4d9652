<?php

/** Sends its reply twice in one go, so that the second one is there when the next task comes. */

declare(strict_types=1);

require __DIR__ . '/support/frames.php';

serve(function (array $request): void {
    $frame = encode_reply($request, echo_of($request));
    send($frame . $frame);
});
