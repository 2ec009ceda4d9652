<?php

/** Answers one task, lingers for 30 ms as if it were free, and exits with status 0. */

declare(strict_types=1);

require __DIR__ . '/support/frames.php';

send_echo(read_request());
usleep(30_000);
exit(0);
