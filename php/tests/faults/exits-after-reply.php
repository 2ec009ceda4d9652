<?php

/** Answers one task, whatever it is, and exits with status 0 at once: "max requests 1". */

declare(strict_types=1);

require __DIR__ . '/support/frames.php';

send_echo(read_request());
exit(0);
