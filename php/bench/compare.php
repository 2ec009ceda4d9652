<?php

/**
 * Compares ways to run PHP in parallel: the daemon, a fork for each task, a new PHP for each task, and none.
 *
 *     PARALLITE_FIXED_WORKERS=10 deploy/with-daemon php php/bench/compare.php [--svg FILE] [--runs N]
 *
 * Prints a table in Markdown; --svg draws it as well. Needs ext-pcntl, ext-posix and laravel/serializable-closure. Below it
 * stands what 1,000 tasks in flight at a time take two workers, of the daemon and of Gearman, where that is installed;
 * --gearman prints that alone. The daemon for it is started here, by PARALLITE_BIN.
 * Every way is warmed up for ten seconds, in which the JVM compiles what the daemon needs. The daemon and its workers run
 * already, as they do in service; what the other ways start, they start within the time that is measured.
 */

declare(strict_types=1);

define('AUTOLOAD', dirname(__DIR__) . '/autoload.php');
/** Seconds for which each way runs a scenario before it is measured. */
const WARM_UP = 10;

require AUTOLOAD;
require __DIR__ . '/plot.php';
require __DIR__ . '/gearman.php';

use B7s\Parallite\Client;

error_reporting(E_ALL & ~E_DEPRECATED); // of libraries for closures

$options = getopt('', ['svg:', 'runs:', 'gearman']);
$runs = max(1, (int) ($options['runs'] ?? 15));

// closures outside of any class: workers need not know one
$noop = static fn(): int => 42;
$sleep = static function (): int {
    usleep(50_000);
    return 50;
};
$text = str_repeat('0123456789abcdef', 65_536);
$measureText = static fn(): int => strlen($text);
$scenarios = [
    '100 tasks that do nothing' => [array_fill(0, 100, $noop), 42],
    '10 tasks that sleep 50 ms' => [array_fill(0, 10, $sleep), 50],
    '10 tasks that get 1 MB' => [array_fill(0, 10, $measureText), 1_048_576],
];
/** @return array{median: float, min: float, max: float} milliseconds */
function measure(callable $way, array $tasks, mixed $expected, int $runs): array
{
    $once = static function () use ($way, $tasks, $expected): float {
        $started = hrtime(true);
        $results = $way($tasks);
        $took = (hrtime(true) - $started) / 1e6;
        if ($results !== array_fill(0, count($tasks), $expected)) {
            throw new RuntimeException('wrong results: ' . json_encode(array_slice($results, 0, 3)));
        }
        return $took;
    };
    $warm = hrtime(true) + WARM_UP * 1e9;
    do {
        $once();
    } while (hrtime(true) < $warm);
    $times = array_map($once, range(1, $runs));
    sort($times);
    return ['median' => $times[intdiv(count($times), 2)], 'min' => $times[0], 'max' => $times[count($times) - 1]];
}

/**
 * Prints what 1,000 tasks that do nothing take, alternately here and there, and the quotient.
 */
function compareWithGearman(Closure $noop, int $runs): void
{
    $missing = GearmanWay::missing();
    if ($missing !== null) {
        echo "Gearman is left out: $missing\n";
        return;
    }
    [$process, $client] = startDaemonOfTwo();
    $gearman = GearmanWay::start(2);
    try {
        $tasks = array_fill(0, 1_000, $noop);
        $ways = ['Parallite, closures' => $client->all(...), 'Gearman, a function by name' => static fn(array $tasks): array
            => $gearman->run(count($tasks))];
        $pids = [proc_get_status($process)['pid'], ...$gearman->pids()];
        $times = $cpu = [];
        for ($warm = hrtime(true) + 2 * WARM_UP * 1e9, $i = -1; $i < $runs; $i += hrtime(true) < $warm ? 0 : 1) {
            foreach ($ways as $name => $way) {
                $busy = processorTime($pids);
                $started = hrtime(true);
                if ($way($tasks) !== array_fill(0, 1_000, 42)) {
                    throw new RuntimeException("wrong results: $name");
                }
                if ($i >= 0) {
                    $times[$name][] = (hrtime(true) - $started) / 1e6;
                    $cpu[$name] = ($cpu[$name] ?? 0) + processorTime($pids) - $busy;
                }
            }
        }
    } finally {
        $gearman->stop();
        proc_terminate($process);
        proc_close($process);
    }
    $medians = [];
    foreach ($times as $name => $all) {
        sort($all);
        $medians[] = $all[intdiv(count($all), 2)];
        $all = [end($medians), $all[0], end($all), $cpu[$name] / $runs];
        printf("%-28s %6.1f ms (%.1f to %.1f), processor time of all processes %.0f ms\n", $name, ...$all);
    }
    $quotients = array_map(static fn(float $a, float $b): float => $a / $b, ...array_values($times));
    sort($quotients);
    printf("%-28s %6.2f (of the medians; by pairs %.2f, %.2f to %.2f)\n", 'Parallite / Gearman', $medians[0] / $medians[1],
        $quotients[intdiv(count($quotients), 2)], $quotients[0], end($quotients));
}

/**
 * Processor time in ms of this process, and of others and what they have started.
 *
 * @param list<int> $pids
 */
function processorTime(array $pids): float
{
    $usage = getrusage();
    $time = ($usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec']) * 1e3
        + ($usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec']) / 1e3;
    while (($pid = array_pop($pids)) !== null) {
        $fields = explode(' ', substr(strrchr((string) @file_get_contents("/proc/$pid/stat"), ')') ?: '', 2));
        $time += ((int) ($fields[11] ?? 0) + (int) ($fields[12] ?? 0)) * 10;
        foreach (glob("/proc/$pid/task/*/children") ?: [] as $file) {
            array_push($pids, ...array_map(intval(...), array_filter(explode(' ', (string) @file_get_contents($file)))));
        }
    }
    return $time;
}

/** @return array{resource, Client} a daemon with two workers, and who is connected to it */
function startDaemonOfTwo(): array
{
    $binary = getenv('PARALLITE_BIN') ?: dirname(__DIR__, 2) . '/target/parallite/bin/parallite';
    $socket = sys_get_temp_dir() . '/parallite-compare-' . getmypid() . '.sock';
    $process = proc_open(
        [$binary, '--fixed-workers', '2', '--socket', $socket],
        [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'], ['file', '/dev/null', 'w']],
        $pipes,
        null,
        ['PARALLITE_MAX_WORKERS' => '2'] + getenv(),
    );
    for ($patience = 600; !file_exists($socket) && $patience > 0; $patience--) {
        usleep(50_000);
    }
    return [$process, Client::connect($socket)];
}

if (isset($options['gearman'])) {
    compareWithGearman($noop, $runs);
    exit;
}
$ways = require __DIR__ . '/contestants.php';

$figures = [];
foreach ($scenarios as $scenario => [$tasks, $expected]) {
    foreach ($ways as $name => $way) {
        $few = $name === 'proc_open per task' ? min($runs, 5) : $runs;
        $figures[$scenario][$name] = measure($way, $tasks, $expected, $few);
    }
}

echo '| median (fastest to slowest run) | ', implode(' | ', array_keys($figures)), " |\n";
echo '|---', str_repeat('|---:', count($figures)), "|\n";
foreach (array_keys($ways) as $name) {
    echo "| $name";
    foreach ($figures as $row) {
        $cell = $row[$name];
        printf(' | %s (%s to %s)', ...array_map(milliseconds(...), [$cell['median'], $cell['min'], $cell['max']]));
    }
    echo " |\n";
}
if (is_string($options['svg'] ?? null)) {
    $caption = sprintf('median of %d runs (5 of proc_open), PHP %s, %s', $runs, PHP_VERSION, php_uname('s') . ' '
        . php_uname('m') . ', ' . substr_count((string) @file_get_contents('/proc/cpuinfo'), "processor\t") . ' cores');
    file_put_contents($options['svg'], plot($figures, $caption));
}
echo "\n1,000 tasks that do nothing, two workers:\n\n";
compareWithGearman($noop, $runs);
