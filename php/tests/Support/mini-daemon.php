<?php

/**
 * A daemon in miniature, for the tests of the client: real workers over the socket transport, on-demand ones
 * as needed, timeouts, cancel, detach; no queue limits, no restarts with delay, no cache that expires.
 *
 * php mini-daemon.php SOCKET [WORKERS [PARENT]]
 *
 * PARENT is the pid of a test's process: the daemon ends with it, also where that crashes.
 */

declare(strict_types=1);

use B7s\Parallite\Wire\Encodings;

require dirname(__DIR__, 2) . '/autoload.php';

[, $path] = $argv;
$maxWorkers = (int) ($argv[2] ?? 16);
$parent = (int) ($argv[3] ?? 0);
$encodings = new Encodings();
$directory = dirname($path);
$clientSocket = stream_socket_server("unix://$path.tmp");
$workerSocket = stream_socket_server("unix://$path.workers");
rename("$path.tmp", $path); // only now can clients see it, and it listens

/** @var array<int, array{stream: resource, buffer: string, worker: bool, task: ?array, pid: int, leaving: bool}> */
$peers = [];
/** @var array<int, resource> the processes of workers, by pid */
$processes = [];
/** @var list<array{client: int, id: string, body: string, timeout: ?float}> */
$queue = [];
/** @var array<string, array{state: string, reply: ?array, waiters: list<array{int, string}>}> */
$tasks = [];
$starting = 0;

$send = static function (int $peer, array $map, string $like) use (&$peers, $encodings): void {
    if (isset($peers[$peer])) {
        $body = $encodings->of($like)->encode($map);
        stream_set_blocking($peers[$peer]['stream'], true);
        @fwrite($peers[$peer]['stream'], pack('N', strlen($body)) . $body);
        stream_set_blocking($peers[$peer]['stream'], false);
    }
};
$finish = static function (string $id, array $reply) use (&$tasks, $send): void {
    if ($tasks[$id]['reply'] !== null) {
        return;
    }
    $tasks[$id]['state'] = $reply['ok'] ? 'completed' : 'failed';
    $tasks[$id]['reply'] = $reply;
    foreach ($tasks[$id]['waiters'] as [$client, $like]) {
        $send($client, $reply, $like);
    }
    $tasks[$id]['waiters'] = [];
};
$start = static function () use (&$processes, $path): void {
    static $count = 0;
    $output = "$path.stdout-" . ++$count;
    touch($output);
    $process = proc_open(
        [PHP_BINARY, dirname(__DIR__, 2) . '/parallite-worker.php'],
        [['file', '/dev/null', 'r'], ['file', $output, 'a'], STDERR],
        $pipes,
        null,
        ['WORKER_NAME' => "mini-$count", 'PARALLITE_WORKER_SOCKET' => "unix://$path.workers",
            'PARALLITE_WORKER_STDOUT' => $output, 'PARALLITE_WORKER_TOKEN' => 'x'] + getenv(),
    );
    $processes[proc_get_status($process)['pid']] = $process;
};
$kill = static function (string $id, string $code, string $error) use (&$peers, $finish): void {
    foreach ($peers as $peer) {
        if (($peer['task']['id'] ?? null) === $id) {
            posix_kill($peer['pid'], SIGKILL);
        }
    }
    $finish($id, ['task_id' => $id, 'ok' => false, 'error' => $error, 'error_code' => $code]);
};
$request = static function (
    int $client,
    string $body,
) use (
    &$tasks,
    &$queue,
    &$processes,
    &$peers,
    $encodings,
    $send,
    $finish,
    $kill,
    $maxWorkers,
): void {
    $map = $encodings->of($body)->decode($body);
    $id = $map['task_id'] ?? '';
    $type = $map['type'] ?? 'submit';
    $known = $tasks[$id] ?? null;
    if ($type === 'submit') {
        $tasks[$id] ??= ['state' => 'pending', 'reply' => null, 'waiters' => []];
        if ($map['detach'] ?? false) {
            $send($client, ['task_id' => $id, 'ok' => true, 'accepted' => true], $body);
        } elseif ($known['reply'] ?? null) {
            $send($client, $known['reply'], $body);
        } else {
            $tasks[$id]['waiters'][] = [$client, $body];
        }
        if ($known === null) {
            $timeout = isset($map['timeout_ms']) ? $map['timeout_ms'] / 1000 : null;
            $queue[] = ['id' => $id, 'body' => $body, 'timeout' => $timeout];
        }
        return;
    }
    if (in_array($type, ['ping', 'stats'], true)) {
        $busy = count(array_filter($peers, static fn(array $peer) => $peer['task'] !== null));
        $pool = ['fixed_workers' => 0, 'max_workers' => $maxWorkers];
        $pool += ['idle' => count($processes) - $busy, 'busy' => $busy];
        $send($client, ['task_id' => $id, 'ok' => true, 'version' => 'mini', 'pid' => getmypid(), 'pool' => $pool], $body);
    } elseif ($known === null) {
        $error = ['error' => "no task $id is in flight or retained", 'error_code' => 'NOT_FOUND'];
        $send($client, ['task_id' => $id, 'ok' => false] + $error, $body);
    } elseif ($type === 'await') {
        $known['reply'] === null
            ? $tasks[$id]['waiters'][] = [$client, $body]
            : $send($client, $known['reply'], $body);
    } elseif ($type === 'status') {
        $send($client, ['task_id' => $id, 'ok' => true, 'status' => $known['state']], $body);
    } elseif ($type === 'cancel') {
        $queue = array_values(array_filter($queue, static fn(array $task) => $task['id'] !== $id));
        $cancelled = $known['reply'] === null;
        $kill($id, 'CANCELLED', "task $id was cancelled");
        $state = ['cancelled' => $cancelled, 'status' => $tasks[$id]['state']];
        $send($client, ['task_id' => $id, 'ok' => true] + $state, $body);
    }
};

pcntl_async_signals(true);
pcntl_signal(SIGTERM, static fn() => exit(0));
register_shutdown_function(static function () use (&$processes, $path): void {
    array_map(static fn(int $pid) => posix_kill($pid, SIGKILL), array_keys($processes));
    array_map(unlink(...), glob("$path*"));
});

while ($parent === 0 || posix_getppid() === $parent) {
    // tasks to workers
    foreach ($peers as $number => $peer) {
        if ($queue !== [] && $peer['worker'] && $peer['task'] === null && $peer['pid'] > 0 && !$peer['leaving']) {
            $task = array_shift($queue);
            $deadline = $task['timeout'] === null ? INF : microtime(true) + $task['timeout'];
            $peers[$number]['task'] = ['id' => $task['id'], 'deadline' => $deadline];
            $tasks[$task['id']]['state'] = 'running';
            stream_set_blocking($peer['stream'], true);
            fwrite($peer['stream'], pack('N', strlen($task['body'])) . $task['body']);
            stream_set_blocking($peer['stream'], false);
        }
    }
    $connecting = count($processes) - count(array_filter($peers, static fn(array $peer) => $peer['worker']));
    for ($i = $connecting; $i < count($queue) && count($processes) < $maxWorkers; $i++) {
        $start();
    }

    $wait = 1.0;
    foreach ($peers as $peer) {
        $wait = min($wait, max(0.0, ($peer['task']['deadline'] ?? INF) - microtime(true)));
    }
    $read = [-1 => $clientSocket, -2 => $workerSocket] + array_column($peers, 'stream', 'number');
    $write = $except = null;
    if ((int) @stream_select($read, $write, $except, 0, (int) ($wait * 1e6)) > 0) {
        foreach ($read as $number => $stream) {
            if ($number < 0) {
                static $serial = 0;
                $accepted = stream_socket_accept($stream, 0);
                stream_set_blocking($accepted, false);
                $peers[++$serial] = ['number' => $serial, 'stream' => $accepted, 'buffer' => '',
                    'worker' => $number === -2, 'task' => null, 'pid' => 0, 'leaving' => false];
                continue;
            }
            while (($chunk = @fread($stream, 1 << 20)) !== '' && $chunk !== false) {
                $peers[$number]['buffer'] .= $chunk;
            }
            while (strlen($buffer = $peers[$number]['buffer']) >= 4) {
                $length = unpack('N', $buffer)[1];
                if (strlen($buffer) < $length + 4) {
                    break;
                }
                $body = substr($buffer, 4, $length);
                $peers[$number]['buffer'] = substr($buffer, $length + 4);
                if (!$peers[$number]['worker']) {
                    $request($number, $body);
                } elseif ($peers[$number]['pid'] === 0) {
                    $peers[$number]['pid'] = json_decode($body, true)['pid'];
                } else {
                    $reply = $encodings->of($body)->decode($body);
                    $peers[$number]['task'] = null;
                    // such a reply is a worker's last: it gets no further task
                    $last = in_array($reply['error_code'] ?? null, ['EXITED', 'FATAL'], true);
                    $peers[$number]['leaving'] = $last;
                    $finish($reply['task_id'], $reply);
                }
            }
            if (feof($stream)) {
                if ($peers[$number]['task'] !== null) {
                    $crash = ['error' => 'the worker ended before it answered', 'error_code' => 'WORKER_CRASHED'];
                    $id = $peers[$number]['task']['id'];
                    $finish($id, ['task_id' => $id, 'ok' => false] + $crash);
                }
                if ($peers[$number]['worker']) {
                    proc_close($processes[$peers[$number]['pid']]);
                    unset($processes[$peers[$number]['pid']]);
                }
                unset($peers[$number]);
            }
        }
    }
    foreach ($peers as $peer) {
        if (($peer['task']['deadline'] ?? INF) <= microtime(true)) {
            $kill($peer['task']['id'], 'TIMEOUT', 'the task ran for longer than its timeout');
            $peers[$peer['number']]['task']['deadline'] = INF;
        }
    }
}
