<?php

/**
 * A worker that does nothing but answer, for measuring the daemon alone over its socket transport.
 *
 * It connects back, says hello, and answers every frame with {"ok":true,"result":42,"task_id":…} in the
 * encoding the frame came in.
 *
 * @parallite-transport socket
 */

declare(strict_types=1);

$socket = stream_socket_client((string) getenv('PARALLITE_WORKER_SOCKET'), $errno, $error, 10);
if ($socket === false) {
    fwrite(STDERR, "cannot connect to the daemon: $error\n");
    exit(1);
}
stream_set_read_buffer($socket, 0);
stream_set_timeout($socket, -1); // else a read gives up after default_socket_timeout
$raw = function_exists('socket_import_stream') ? socket_import_stream($socket) : null;

$next = prefetched();
$hello = json_encode([
    'type' => 'hello',
    'token' => (string) getenv('PARALLITE_WORKER_TOKEN'),
    'pid' => getmypid(),
    'name' => (string) getenv('WORKER_NAME'),
    'version' => '1.0.0',
    'php' => PHP_VERSION,
    'encodings' => extension_loaded('msgpack') ? ['json', 'msgpack'] : ['json'],
    'features' => $next === null ? [] : ['prefetch'],
], JSON_THROW_ON_ERROR);
fwrite($socket, pack('N', strlen($hello)) . $hello);

$buffer = '';
$sinceTaken = 4; // the bundled worker's way of waiting: see SocketLine
while (true) {
    while (($held = strlen($buffer)) < 4 || $held < ($end = 4 + unpack('N', $buffer)[1])) {
        $chunk = null;
        if ($raw !== null && $sinceTaken >= 4) {
            socket_recv($raw, $chunk, 8192, 0);
        } else {
            $chunk = fread($socket, 8192);
        }
        if ((string) $chunk === '') {
            exit(0);
        }
        $buffer = $held === 0 ? $chunk : $buffer . $chunk;
    }
    $body = substr($buffer, 4, $end - 4);
    $buffer = $held === $end ? '' : substr($buffer, $end);
    if ($body[0] === '{') {
        $reply = json_encode(['ok' => true, 'result' => 42, 'task_id' => json_decode($body, true)['task_id']]);
    } else {
        $reply = msgpack_pack(['ok' => true, 'result' => 42, 'task_id' => msgpack_unpack($body)['task_id']]);
    }
    $frame = pack('N', strlen($reply)) . $reply;
    if ($next !== null && ($taken = fread($next, 4096)) !== '' && $taken !== false) {
        $buffer .= $taken;
        $sinceTaken = -1;
        $frame = "\0\0\0\0$frame";
    }
    $sinceTaken++;
    $raw === null ? fwrite($socket, $frame) : socket_write($raw, $frame);
}

/** @return resource|null the pipe in which the daemon lays next tasks while one runs, a frame a packet */
function prefetched()
{
    $path = (string) getenv('PARALLITE_WORKER_PREFETCH');
    $pipe = $path === '' ? false : @fopen($path, 'r');
    if ($pipe === false) {
        return null;
    }
    foreach (@scandir('/proc/self/fd') ?: [] as $descriptor) {
        if (@readlink("/proc/self/fd/$descriptor") === $path) {
            $packets = fopen("php://fd/$descriptor", 'r'); // what has a name is read until it is empty, this is not
            stream_set_blocking($packets, false);
            stream_set_read_buffer($packets, 0);
            return $packets;
        }
    }
    return null;
}
