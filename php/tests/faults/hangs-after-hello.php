<?php

/**
 * Connects, says hello with word that it answers pings, and then does nothing any more.
 *
 * @parallite-transport socket
 */

declare(strict_types=1);

$socket = stream_socket_client((string) getenv('PARALLITE_WORKER_SOCKET'));
$hello = json_encode([
    'type' => 'hello',
    'token' => getenv('PARALLITE_WORKER_TOKEN'),
    'pid' => getmypid(),
    'features' => ['ping'],
]);
fwrite($socket, pack('N', strlen($hello)) . $hello);
while (true) {
    sleep(3600);
}
