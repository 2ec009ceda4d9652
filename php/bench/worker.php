<?php

/**
 * What one task costs the bundled worker: sends it no-op tasks, one after the other, and reads the processor time
 * that its process took for them from /proc.
 *
 *     php php/bench/worker.php [TASKS]
 *
 * The same for socket-echo.php, which only answers, is the floor. The last line says how much of a task putting back
 * is, see put-back.php.
 */

declare(strict_types=1);

require dirname(__DIR__) . '/autoload.php';

use B7s\Parallite\TaskPayload;
use B7s\Parallite\Wire\Encodings;
use Laravel\SerializableClosure\SerializableClosure as LaravelClosure;
use Opis\Closure\SerializableClosure as OpisClosure;

error_reporting(E_ALL & ~E_DEPRECATED); // of opis/closure 3

$tasks = (int) ($argv[1] ?? 20_000);
$package = dirname(__DIR__);
$noop = static fn(): int => 42;
$captures = (static function (): Closure {
    $when = new DateTimeImmutable('@0');
    $numbers = range(1, 5);
    return static fn(): int => count($numbers) + $when->getTimestamp();
})();
$payloads = [
    'name of a function' => 'pi',
    'closure' => (new TaskPayload())->of($noop, []),
    'closure, captures' => (new TaskPayload())->of($captures, []),
];
if (class_exists(LaravelClosure::class)) {
    $payloads['laravel closure'] = serialize(new LaravelClosure($noop));
    $payloads['laravel closure, captures'] = serialize(new LaravelClosure($captures));
}
if (class_exists(OpisClosure::class)) {
    $payloads['opis 3 closure'] = serialize(new OpisClosure($noop));
}

/**
 * @param bool $marks whether it says in standard error which task begins
 * @return array{float, float, int} CPU and wall-clock µs a task, and bytes of memory that each kept
 */
function measure(string $script, string $payload, int $tasks, bool $marks): array
{
    $directory = sys_get_temp_dir() . '/parallite-bench-' . bin2hex(random_bytes(6));
    mkdir($directory, 0700);
    $server = stream_socket_server("unix://$directory/workers.sock");
    touch("$directory/stdout");
    $process = proc_open([PHP_BINARY, $script], [
        ['file', '/dev/null', 'r'], ['file', "$directory/stdout", 'a'], ['pipe', 'w'],
    ], $pipes, '/', [
        'WORKER_NAME' => 'bench',
        'PARALLITE_WORKER_SOCKET' => "unix://$directory/workers.sock",
        'PARALLITE_WORKER_TOKEN' => 'bench',
        'PARALLITE_WORKER_STDOUT' => "$directory/stdout",
        'PARALLITE_EVENTS' => '1',
    ] + ($marks ? ['PARALLITE_WORKER_STDERR_MARK' => 'bench'] : []) + getenv());
    stream_set_blocking($pipes[2], false);
    $worker = stream_socket_accept($server, 10) ?: throw new RuntimeException('the worker did not connect');
    stream_set_read_buffer($worker, 0);
    fread($worker, 65_536); // hello
    $pid = proc_get_status($process)['pid'];
    $encodings = new Encodings();
    $encoding = $encodings->messagePack ?? $encodings->json;
    $body = $encoding->encode(['type' => 'submit', 'task_id' => 'bench', 'payload' => $payload]);
    $frame = pack('N', strlen($body)) . $body;
    $run = static function (int $count) use ($worker, $frame, $pipes): void {
        while ($count-- > 0) {
            if ($count % 100 === 0) {
                stream_get_contents($pipes[2]);
            }
            fwrite($worker, $frame);
            $reply = fread($worker, 65_536);
            if (!preg_match('/"ok":true|\xa2ok\xc3/', (string) $reply)) {
                throw new RuntimeException("the task failed: $reply");
            }
        }
    };
    $run(1_000);
    [$cpu, $memory, $wall] = [ticks($pid), resident($pid), hrtime(true)];
    $run($tasks);
    $wall = (hrtime(true) - $wall) / 1e3;
    $figures = [
        (ticks($pid) - $cpu) * 10_000 / $tasks,
        $wall / $tasks,
        (int) ((resident($pid) - $memory) / $tasks),
    ];
    fclose($worker);
    proc_close($process);
    unlink("$directory/workers.sock");
    unlink("$directory/stdout");
    rmdir($directory);
    return $figures;
}

/** Processor time of a process, in hundredths of a second. */
function ticks(int $pid): int
{
    $fields = explode(' ', (string) file_get_contents("/proc/$pid/stat"));
    return (int) $fields[13] + (int) $fields[14];
}

function resident(int $pid): int
{
    return (int) explode(' ', (string) file_get_contents("/proc/$pid/statm"))[1] * 4_096;
}

printf("%-28s %10s %10s %14s\n", "$tasks tasks each", 'CPU µs', 'wall µs', 'bytes kept');
$rows = ['(floor: socket-echo.php)' => [__DIR__ . '/socket-echo.php', 'pi']];
foreach ($payloads as $name => $payload) {
    $rows[$name] = ["$package/parallite-worker.php", $payload];
}
$rows['closure, without marks'] = [...$rows['closure'], false];
foreach ($rows as $name => $row) {
    [$script, $payload, $marks] = $row + [2 => true];
    $runs = array_map(static fn() => measure($script, $payload, $tasks, $marks), range(1, 5));
    sort($runs); // by CPU: the best, which others on the machine disturbed least
    printf("%-28s %10.1f %10.1f %14d\n", $name, ...$runs[0]);
}
$putBack = proc_open([PHP_BINARY, __DIR__ . '/put-back.php'], [['file', '/dev/null', 'r'], 2 => ['pipe', 'w']], $pipes);
printf("%-28s %10s\n", '(of it, putting back)', trim((string) stream_get_contents($pipes[2])));
proc_close($putBack);
