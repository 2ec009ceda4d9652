<?php

/** Prints a warning on stdout in front of its reply, as PHP does with display_errors. */

declare(strict_types=1);

require __DIR__ . '/support/frames.php';

serve(function (array $request): void {
    send("Warning: Undefined variable \$x in closure on line 1\n");
    send_echo($request);
});
