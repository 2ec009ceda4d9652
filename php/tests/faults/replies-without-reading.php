<?php

/** Sends a reply that nobody asked for as soon as it starts, then behaves. */

declare(strict_types=1);

require __DIR__ . '/support/frames.php';

send(encode_reply(["\0json" => true], ['task_id' => 'nobody', 'ok' => true, 'result' => 'unasked']));
serve(send_echo(...));
