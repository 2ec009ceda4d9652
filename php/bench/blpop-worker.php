<?php

/**
 * What Laravel's queue does with Redis (RedisQueue with block_for), for the benchmark: a job is moved to the reserved
 * ones by a script, run, and deleted from them; when the queue is empty, BLPOP on its list of notifications waits.
 *
 *     php blpop-worker.php PORT
 */

declare(strict_types=1);

use B7s\Parallite\Worker\PayloadDecoder;

require dirname(__DIR__) . '/autoload.php';
require __DIR__ . '/RedisConnection.php';

const POP = <<<'LUA'
    local job = redis.call('lpop', KEYS[1])
    if not job then
        return false
    end
    local reserved = cjson.decode(job)
    reserved['attempts'] = reserved['attempts'] + 1
    reserved = cjson.encode(reserved)
    redis.call('zadd', KEYS[2], ARGV[1], reserved)
    redis.call('lpop', KEYS[3])
    return {job, reserved}
    LUA;

$redis = new RedisConnection((int) $argv[1]);
$pop = $redis->call('script', 'load', POP);
$payloads = new PayloadDecoder();
while (true) {
    $job = $redis->call('evalsha', $pop, 3, 'queues:default', 'queues:default:reserved', 'queues:default:notify', time() + 90);
    if ($job === null) {
        $redis->call('blpop', 'queues:default:notify', 5);
        continue;
    }
    $task = json_decode($job[0], true);
    [$closure] = $payloads->decode($task['payload']);
    $redis->call('set', "result:$task[id]", serialize($closure()), 'EX', 86400);
    $redis->call('zrem', 'queues:default:reserved', $job[1]);
}
