<?php

/**
 * Sends the tasks of the Go daemon's test client to a daemon with the test worker, prints the answers as that does, and
 * compares them. It speaks frames itself, and needs nothing but core PHP.
 *
 * Usage: USE_TEST_WORKER=1 parallite --socket /tmp/parallite.sock &
 *        php test-client.php [SOCKET]
 *
 * The socket is the argument, else PARALLITE_SOCKET, else /tmp/parallite.sock. Exit code 1: an answer is not as expected.
 */

declare(strict_types=1);

$socket = $argv[1] ?? (getenv('PARALLITE_SOCKET') ?: '/tmp/parallite.sock');
echo "=== Parallite Test Client ===\nConnecting to: $socket\n";
$stream = @stream_socket_client("unix://$socket", $code, $reason);
if ($stream === false) {
    fwrite(STDERR, "✗ Cannot connect: $reason\n");
    exit(1);
}
echo "✓ Connected successfully\n";
$isAllWell = true;

/**
 * Sends a task and waits for its reply.
 *
 * @param array<string, mixed> $fields
 * @return array<string, mixed>
 */
$submit = static function (array $fields) use ($stream): array {
    static $count = 0;
    $request = json_encode(['task_id' => sprintf('task-%d-%d', getmypid(), ++$count)] + $fields);
    fwrite($stream, pack('N', strlen($request)) . $request);
    $length = unpack('N', (string) stream_get_contents($stream, 4))[1];
    return json_decode((string) stream_get_contents($stream, $length), true);
};

/**
 * Shows a reply, and whether it is what was expected.
 *
 * @param array<string, mixed> $reply
 */
$show = static function (array $reply, bool $isExpected) use (&$isAllWell): void {
    echo "Task ID: {$reply['task_id']}\nStatus:  ", json_encode($reply['ok']), "\n";
    echo $reply['ok'] ? 'Result:  ' . json_encode($reply['result']) : "Error:   {$reply['error']}", "\n";
    if (isset($reply['benchmark'])) {
        echo 'Benchmark: ', json_encode($reply['benchmark']), "\n";
    }
    if (!$isExpected) {
        echo "✗ This is not what was expected\n";
        $isAllWell = false;
    }
};

echo "\n--- Test 1: Simple Task ---\n";
$reply = $submit(['payload' => ['type' => 'simple', 'data' => 'Hello from test client!']]);
$show($reply, ($reply['result']['message'] ?? null) === 'Task processed successfully');

echo "\n--- Test 2: Task with Context ---\n";
$reply = $submit([
    'payload' => ['type' => 'computation', 'data' => 'Calculate sum'],
    'context' => ['operation' => 'sum', 'numbers' => [1, 2, 3, 4, 5]],
]);
$show($reply, ($reply['result'] ?? null) === ['operation' => 'sum', 'numbers' => [1, 2, 3, 4, 5], 'result' => 15]);

echo "\n--- Test 3: Multiple Concurrent Tasks ---\n";
for ($index = 1; $index <= 5; $index++) {
    $reply = $submit(['payload' => ['type' => 'batch', 'index' => $index, 'data' => "Batch task #$index"]]);
    $isAllWell = $isAllWell && $reply['ok'];
    echo "Sending task $index/5... ", $reply['ok'] ? '✓ Success' : "✗ {$reply['error']}", "\n";
}

echo "\n--- Test 4: Benchmark ---\n";
foreach ([true, false] as $isMeasured) {
    $reply = $submit([
        'payload' => ['type' => 'benchmark_test', 'data' => 'Measure this'],
        'enable_benchmark' => $isMeasured,
    ]);
    $show($reply, $reply['ok'] && isset($reply['benchmark']) === $isMeasured);
}

exit($isAllWell ? 0 : 1);
