<?php

/**
 * What a cluster costs: the way of a task over Redis to another node, and how many go that way in a second, beside the
 * same tasks through a loop such as Laravel's workers run. Needs target/parallite and redis-server.
 *
 *     php php/bench/cluster.php [TASKS]
 */

declare(strict_types=1);

use B7s\Parallite\Client;
use B7s\Parallite\TaskPayload;

require dirname(__DIR__) . '/autoload.php';
require __DIR__ . '/BenchmarkedDaemon.php';
require __DIR__ . '/BenchmarkedRedis.php';
require __DIR__ . '/RedisConnection.php';

const NODES = 3;
const OVERFLOW_MS = 1;
const IN_FLIGHT = 64;
/** Commands that come from scripts, not from a daemon or a worker. */
const OF_CLIENTS = ['evalsha', 'eval', 'blpop', 'rpush', 'set', 'zrem'];
const STREAMS = ['high', 'normal', 'low'];

$tasks = (int) ($argv[1] ?? 5_000);

/** @return float the median, in milliseconds, of how long $action takes; the first tenth is not counted */
function median(int $times, callable $action): float
{
    $took = [];
    for ($i = 0; $i < $times; $i++) {
        $since = hrtime(true);
        $action($i);
        $took[] = (hrtime(true) - $since) / 1e6;
    }
    $took = array_slice($took, intdiv($times, 10));
    sort($took);
    return $took[intdiv(count($took), 2)] ?? 0.0;
}

/** @return array<string, float> commands a task since $before: sent by clients, and in all */
function commands(RedisConnection $redis, array $before, int $tasks): array
{
    $since = [];
    foreach ($redis->calls() as $name => $calls) {
        $since[$name] = ($calls - ($before[$name] ?? 0)) / $tasks;
    }
    return array_filter($since, static fn(float $each): bool => $each >= 0.05);
}

/** Waits until nothing waits or runs in the cluster. */
function awaitQuiet(RedisConnection $redis): void
{
    do {
        usleep(5_000);
        $left = 0;
        foreach (STREAMS as $priority) {
            $left += $redis->call('xlen', "{parallite:parallite}:q:none:$priority");
        }
    } while ($left > 0);
}

/** Submits detached no-ops over one connection, some of them in flight, and waits until all are done. */
function throughCluster(string $socket, RedisConnection $redis, string $payload, int $tasks, string $name): float
{
    $stream = stream_socket_client("unix://$socket") ?: throw new RuntimeException('the daemon is not there');
    $since = hrtime(true);
    for ($sent = $acknowledged = 0; $acknowledged < $tasks;) {
        if ($sent < $tasks && $sent - $acknowledged < IN_FLIGHT) {
            $request = json_encode(['task_id' => "$name-$sent", 'payload' => $payload, 'detach' => true]);
            fwrite($stream, pack('N', strlen($request)) . $request);
            $sent++;
            continue;
        }
        ['length' => $length] = unpack('Nlength', (string) stream_get_contents($stream, 4));
        $reply = json_decode((string) stream_get_contents($stream, $length), true);
        $acknowledged += ($reply['ok'] ?? false) ? 1 : throw new RuntimeException($reply['error'] ?? 'no reply');
    }
    awaitQuiet($redis);
    return (hrtime(true) - $since) / 1e9;
}

/**
 * Prints how long a no-op takes here, detached, and on another node than the first, whose worker is kept busy meanwhile;
 * each after $warm of the same, which the JVMs compile.
 */
function measureWays(Client $client, RedisConnection $redis, string $when, int $warm): void
{
    $noOp = static fn(): int => 1;
    echo "$when\n";
    median($warm, static fn() => $client->run($noOp));
    $here = median(500, static fn() => $client->run($noOp));
    printf("%-58s %8.2f ms\n", 'a no-op, awaited, here (p50)', $here);
    median($warm, static fn() => $client->submit($noOp, detach: true)->await());
    $detached = median(500, static fn() => $client->submit($noOp, detach: true)->await());
    printf("%-58s %8.2f ms\n", 'a no-op, detached and then awaited (p50)', $detached);

    $busy = $client->submit(static fn() => sleep(600), timeout: 600.0, id: "busy, $when");
    usleep(200_000);
    median($warm, static fn() => $client->run($noOp));
    $before = $redis->calls();
    $lent = median(500, static fn() => $client->run($noOp));
    $commands = commands($redis, $before, 500);
    $busy->cancel();
    printf("%-58s %8.2f ms\n", 'a no-op, awaited, on another node (p50)', $lent);
    printf("%-58s %8.2f ms   (target 2)\n", '  overhead, without cluster_overflow_ms=' . OVERFLOW_MS, $lent - $here - OVERFLOW_MS);
    $sent = array_sum(array_intersect_key($commands, array_flip(OF_CLIENTS)));
    printf("%-58s %8.1f      (target 6)\n\n", '  commands that daemons send, a task', $sent);
}

/** Pushes the same tasks as Laravel does, and waits until all are done. */
function throughList(RedisConnection $redis, string $payload, int $tasks, string $name): float
{
    $since = hrtime(true);
    for ($sent = $acknowledged = 0; $acknowledged < $tasks;) {
        if ($sent < $tasks && $sent - $acknowledged < IN_FLIGHT) {
            $job = json_encode(['id' => "$name-$sent", 'attempts' => 0, 'payload' => $payload]);
            $push = "redis.call('rpush', KEYS[1], ARGV[1]) redis.call('rpush', KEYS[2], 1)";
            $redis->send('eval', $push, 2, 'queues:default', 'queues:default:notify', $job);
            $sent++;
            continue;
        }
        $redis->read();
        $acknowledged++;
    }
    do {
        usleep(5_000);
    } while ($redis->call('llen', 'queues:default') + $redis->call('zcard', 'queues:default:reserved') > 0);
    return (hrtime(true) - $since) / 1e9;
}

$server = new BenchmarkedRedis();
$redis = new RedisConnection($server->port);
putenv("PARALLITE_CLUSTER_URL=redis://127.0.0.1:$server->port");
putenv("PARALLITE_CLUSTER_SECRET_FILE={$server->secretFile()}");
putenv('PARALLITE_CLUSTER_OVERFLOW_MS=' . OVERFLOW_MS);
$nodes = [];
for ($i = 0; $i < NODES; $i++) {
    $nodes[] = new BenchmarkedDaemon('--fixed-workers', '1', '--max-workers', '1');
}
$payload = (new TaskPayload())->of(static fn(): int => 1, []);
do {
    usleep(50_000);
} while ($redis->call('scard', '{parallite:parallite}:nodes') < NODES);
$client = new Client($nodes[0]->socket);
for ($i = 0; $i < 3; $i++) { // the JVMs compile, the workers load their classes
    throughCluster($nodes[$i]->socket, $redis, $payload, 1_000, "warm-$i");
}

echo 'PHP ', PHP_VERSION, ', Redis ', preg_match('/redis_version:(\S+)/', $redis->call('info'), $found) ? $found[1] : '?';
echo ', appendonly yes, ', NODES, " nodes with a worker each\n\n";

measureWays($client, $redis, 'at first', 0);
$ours = $theirs = INF;
$ourCommands = $theirCommands = [];
for ($round = 0; $round < 3; $round++) {
    $before = $redis->calls();
    $ours = min($ours, throughCluster($nodes[0]->socket, $redis, $payload, $tasks, "round-$round"));
    $ourCommands = commands($redis, $before, $tasks);
}
measureWays($client, $redis, 'later, when the JVMs have compiled it', 6_000);
foreach ($nodes as $node) {
    $node->stop();
}
$workers = [];
for ($i = 0; $i < NODES; $i++) {
    $null = ['file', '/dev/null', 'w'];
    $workers[] = proc_open([PHP_BINARY, __DIR__ . '/blpop-worker.php', (string) $server->port], [1 => $null], $pipes);
}
throughList($redis, $payload, 1_000, 'warm');
for ($round = 0; $round < 3; $round++) {
    $before = $redis->calls();
    $theirs = min($theirs, throughList($redis, $payload, $tasks, "round-$round"));
    $theirCommands = commands($redis, $before, $tasks);
}
array_map(proc_terminate(...), $workers);
$server->stop();

echo "\n";
printf("%-58s %8s /s\n", "$tasks detached no-ops, claimed, run and stored", number_format($tasks / $ours));
printf("%-58s %8s /s\n", 'the same through the loop with BLPOP', number_format($tasks / $theirs));
printf("%-58s %8.2f\n", '  ratio', $theirs / $ours);
foreach (['the cluster' => $ourCommands, 'the loop' => $theirCommands] as $whose => $commands) {
    $sent = array_intersect_key($commands, array_flip(OF_CLIENTS));
    printf("%-58s %8.1f      (%.1f with those of scripts)\n", "Redis commands a task, $whose", array_sum($sent), array_sum($commands));
    foreach ($sent as $name => $each) {
        printf("    %-54s %8.1f\n", $name, $each);
    }
}
