<?php

/**
 * What it costs a worker to put back what a task may have changed, when it has changed nothing: prints the processor
 * time in µs, the best of ten rounds. It loads what a worker loads, and times all that ProcessState does about a task.
 *
 *     php php/bench/put-back.php [TASKS]
 */

declare(strict_types=1);

use B7s\Parallite\Worker\OutputCapture;
use B7s\Parallite\Worker\State\ProcessState;

require dirname(__DIR__) . '/autoload.php';
foreach (['Codec', 'Value', 'Wire', 'Worker', 'Worker/State'] as $directory) {
    foreach (glob(dirname(__DIR__) . "/src/$directory/*.php") ?: [] as $file) {
        require_once $file;
    }
}

$tasks = (int) ($argv[1] ?? 5_000);
$time = static function (): float {
    $usage = getrusage();
    return ($usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec']) * 1e6
        + $usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec'];
};
$payload = 'O:47:"Laravel\SerializableClosure\SerializableClosure":1:{' . str_repeat('s:12:"serializable";', 12) . '}';
$body = json_encode(['type' => 'submit', 'task_id' => 'bench', 'payload' => $payload], JSON_THROW_ON_ERROR);
$state = new ProcessState(new OutputCapture((string) tempnam(sys_get_temp_dir(), 'parallite'), true));
$best = INF;
for ($round = 0; $round < 10; $round++) {
    $started = $time();
    for ($i = 0; $i < $tasks; $i++) {
        $state->taskBegins();
        $state->expect($body, $payload, null);
        $state->removeHandlers();
        $state->taskEnds();
        $state->isIntact();
        $state->restore();
    }
    $best = min($best, ($time() - $started) / $tasks);
}
fprintf(STDERR, "%.1f\n", $best);
