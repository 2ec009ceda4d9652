<?php

/** Reports progress as fast as it can for as many times as the payload says, heeding nobody's rate limit. */

declare(strict_types=1);

require __DIR__ . '/support/frames.php';

serve(function (array $request): void {
    $events = '';
    for ($i = 1; $i <= 1000; $i++) {
        $events .= encode_reply($request, [
            'task_id' => $request['task_id'],
            'event' => 'progress',
            'fraction' => null,
            'message' => str_repeat('flood ', 10),
        ]);
    }
    for ($left = (int) $request['payload']; $left > 0; $left -= 1000) {
        send($events);
    }
    send_echo($request);
});
