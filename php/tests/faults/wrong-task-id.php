<?php

/** Answers with the id of a task that was never given to it. */

declare(strict_types=1);

require __DIR__ . '/support/frames.php';

serve(function (array $request): void {
    send(encode_reply($request, ['task_id' => 'somebody-else'] + echo_of($request)));
});
