<?php

/** Takes the task, never answers, and is deaf to SIGTERM (and SIGINT, SIGHUP) from its start. */

declare(strict_types=1);

require __DIR__ . '/support/frames.php';

foreach ([SIGTERM, SIGINT, SIGHUP] as $signal) {
    pcntl_signal($signal, SIG_IGN);
}

serve(function (array $request): void {
    sleep_for_ever();
});
