<?php

/**
 * Forked workers: what 32 idle ones hold in memory, beside started ones, with 300 classes loaded; and what is left over
 * after many tasks that each had a worker of their own. Needs Linux and target/parallite.
 *
 *     php php/bench/forks.php [TASKS]
 */

declare(strict_types=1);

use B7s\Parallite\Client;

require dirname(__DIR__) . '/autoload.php';
require __DIR__ . '/BenchmarkedDaemon.php';

const WORKERS = 32;
const CLASSES = 300;

$tasks = max(1, (int) ($argv[1] ?? 2_000));
$project = sys_get_temp_dir() . '/parallite-forks-' . bin2hex(random_bytes(6));
mkdir($project, 0700);
register_shutdown_function(static fn() => exec('rm -r ' . escapeshellarg($project)));
$code = '';
for ($i = 0; $i < CLASSES; $i++) {
    $methods = '';
    for ($j = 0; $j < 12; $j++) {
        $methods .= "public function method$j(int \$x, array \$more = ['a' => [1, 2]]): array { foreach (\$more as \$key => \$value) "
            . "{ \$x += count(\$value); } return ['class' => self::class, 'key' => \$key ?? null, 'sum' => \$x * $j]; }\n";
    }
    file_put_contents("$project/C$i.php", "<?php\nnamespace Generated;\nfinal class C$i\n{\n$methods}\n");
    $code .= "require __DIR__ . '/C$i.php';\n";
}
file_put_contents("$project/classes.php", "<?php\n$code");
file_put_contents("$project/parallite.json", '{"php_includes": ["classes.php"]}');

/** @return int bytes of the processes' own, and their shares of what they have in common */
function proportional(int ...$pids): int
{
    $kilobytes = 0;
    foreach ($pids as $pid) {
        preg_match('/^Pss: +(\d+)/m', (string) @file_get_contents("/proc/$pid/smaps_rollup"), $found);
        $kilobytes += (int) ($found[1] ?? 0);
    }
    return $kilobytes * 1_024;
}

/** @return list<int> children that run PHP */
function workersOf(BenchmarkedDaemon $daemon): array
{
    return array_values(array_filter(
        $daemon->children(),
        static fn(int $pid): bool => str_contains((string) @file_get_contents("/proc/$pid/comm"), 'php'),
    ));
}

function mebibytes(int $bytes): string
{
    return sprintf('%.0f MiB', $bytes / 1_048_576);
}

$memory = [];
foreach (['exec' => WORKERS, 'fork' => WORKERS + 1] as $start => $processes) { // and the template
    $daemon = new BenchmarkedDaemon('--config', "$project/parallite.json", '--worker-start', $start, '--fixed-workers',
        (string) WORKERS, '--max-workers', (string) WORKERS);
    (new Client($daemon->socket))->run('pi');
    while (count($workers = workersOf($daemon)) !== $processes) {
        usleep(10_000);
    }
    sleep(2); // all are ready
    $memory[$start] = proportional(...$workers);
    $daemon->stop();
}
printf(
    "%d idle workers, %d classes (PSS): started %s, forked, with their template, %s: %.0f %%\n",
    WORKERS, CLASSES, mebibytes($memory['exec']), mebibytes($memory['fork']), 100 * $memory['fork'] / $memory['exec'],
);

/** @return int of those that the system keeps of a process */
function figure(int $pid, string $name): int
{
    preg_match("/^$name:\\s+(\\d+)/m", (string) @file_get_contents("/proc/$pid/status"), $found);
    return (int) ($found[1] ?? 0);
}

/** @return array<string, int> what a daemon and its template hold while nothing runs */
function held(BenchmarkedDaemon $daemon): array
{
    $pids = [];
    for ($since = hrtime(true); hrtime(true) - $since < 30e9 && count($pids) !== 5; usleep(100_000)) {
        $pids = workersOf($daemon); // four that are ready, and the template
    }
    sort($pids);
    $template = array_values(array_filter(
        $pids,
        static fn(int $pid): bool => !str_contains((string) @readlink("/proc/$pid/fd/1"), '.out'),
    ))[0] ?? 0;
    return [
        'processes' => count($daemon->children()),
        'descriptors of the daemon' => count(glob("/proc/{$daemon->pid()}/fd/*") ?: []),
        'descriptors of the template' => count(glob("/proc/$template/fd/*") ?: []),
        'KiB of the template (anonymous)' => figure($template, 'RssAnon'),
        'KiB of the template (shared)' => figure($template, 'RssShmem'),
        'KiB of the daemon' => figure($daemon->pid(), 'VmRSS'),
        'files' => count(glob(dirname($daemon->socket) . '/*/*') ?: []),
    ];
}

$daemon = new BenchmarkedDaemon('--worker-start', 'fork', '--isolation', 'task', '--fixed-workers', '4', '--max-workers', '8');
$client = new Client($daemon->socket);
$run = static function (int $count) use ($client): void {
    for ($left = $count; $left > 0; $left -= 8) {
        $client->all(array_fill(0, min(8, $left), static fn(): int => 1));
    }
};
$run(200);
$before = held($daemon);
$since = hrtime(true);
$run($tasks);
$seconds = (hrtime(true) - $since) / 1e9;
$after = held($daemon);
$daemon->stop();
printf("%d tasks in a fork each: %.0f /s; held before and after:\n", $tasks, $tasks / $seconds);
foreach ($before as $what => $count) {
    printf("  %-32s %7d %7d\n", $what, $count, $after[$what]);
}
