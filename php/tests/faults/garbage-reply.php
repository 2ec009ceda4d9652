<?php

/** Answers with a frame whose body is neither JSON nor MessagePack. */

declare(strict_types=1);

require __DIR__ . '/support/frames.php';

serve(function (array $request): void {
    $body = '{"task_id": this is not JSON';
    send(pack('N', strlen($body)) . $body);
});
