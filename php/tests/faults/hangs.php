<?php

/** Takes the task and never answers; ends by SIGTERM like any process. */

declare(strict_types=1);

require __DIR__ . '/support/frames.php';

serve(function (array $request): void {
    sleep_for_ever();
});
