<?php

/**
 * Counts primes in parallel, with a bar that shows how far all of the tasks are together.
 *
 * Usage: php progress-bar.php [LIMIT [TASKS]]     (default: 2000000 8)
 */

declare(strict_types=1);

use B7s\Parallite\Client;
use B7s\Parallite\Future;
use B7s\Parallite\Task;

require __DIR__ . '/support/load.php';

$limit = (int) ($argv[1] ?? 2_000_000);
$tasks = (int) ($argv[2] ?? 8);

$count = static function (int $from, int $to): int {
    $primes = 0;
    for ($n = max(2, $from); $n < $to; $n++) {
        for ($d = 2; $d * $d <= $n && $n % $d !== 0; $d++) {
        }
        $primes += (int) ($d * $d > $n);
        if ($n % 1000 === 0) {
            Task::progress(($n - $from) / ($to - $from), "at $n");
        }
    }
    return $primes;
};

$client = new Client();
$done = array_fill(0, $tasks, 0.0);
$futures = [];
for ($i = 0; $i < $tasks; $i++) {
    $range = [intdiv($limit * $i, $tasks), intdiv($limit * ($i + 1), $tasks)];
    $futures[$i] = $client->submit($count, $range);
    $futures[$i]->onProgress(static function (?float $fraction) use ($i, &$done): void {
        $done[$i] = $fraction ?? $done[$i];
        showBar(array_sum($done) / count($done));
    });
}

$total = 0;
foreach (Future::iterate($futures) as $i => $future) { // as they finish
    $done[$i] = 1.0;
    $total += $future->await();
    showBar(array_sum($done) / count($done));
}
echo "\n", number_format($total), ' primes below ', number_format($limit), "\n";

function showBar(float $fraction): void
{
    static $shown = -1;
    $percent = (int) round($fraction * 100);
    $step = intdiv($percent, stream_isatty(STDOUT) ? 1 : 10);
    if ($step === $shown) {
        return;
    }
    $shown = $step;
    $bar = str_repeat('█', intdiv($percent, 4)) . str_repeat('░', 25 - intdiv($percent, 4));
    echo stream_isatty(STDOUT) ? "\r$bar $percent % " : "$bar $percent %\n";
}
