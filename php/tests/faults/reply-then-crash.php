<?php

/** Answers, and dies of SIGKILL at once. */

declare(strict_types=1);

require __DIR__ . '/support/frames.php';

serve(function (array $request): void {
    send_echo($request);
    posix_kill(posix_getpid(), SIGKILL);
});
