<?php

/**
 * How long a worker takes from its start to its hello: bare, and with 300 generated classes that its include loads,
 * without opcache, with it, and with its file cache.
 *
 *     php php/bench/boot.php [RUNS]
 */

declare(strict_types=1);

$runs = max(1, (int) ($argv[1] ?? 15));
$directory = sys_get_temp_dir() . '/parallite-boot-' . bin2hex(random_bytes(6));
mkdir("$directory/cache", 0700, true);
register_shutdown_function(static fn() => exec('rm -rf ' . escapeshellarg($directory)));

/** Writes classes of a hundred lines each, and a file that loads them all; gives its path. */
function generate(string $directory, int $classes): string
{
    $loads = '';
    for ($i = 0; $i < $classes; $i++) {
        $methods = '';
        for ($j = 0; $j < 12; $j++) {
            $methods .= "    public function method$j(int \$x, ?array \$options = null): array\n    {\n"
                . "        foreach (\$options ?? ['a' => 1, 'b' => [2, 3]] as \$key => \$value) {\n"
                . "            \$x += is_array(\$value) ? count(\$value) : (int) \$value;\n        }\n"
                . "        return ['class' => self::class, 'key' => \$key ?? null, 'sum' => \$x * $j];\n    }\n\n";
        }
        file_put_contents("$directory/C$i.php", "<?php\nnamespace Generated;\n\nfinal class C$i\n{\n$methods}\n");
        $loads .= "class_exists(Generated\\C$i::class);\n";
    }
    $autoload = "spl_autoload_register(static function (string \$class): void {\n"
        . "    require __DIR__ . '/' . substr(\$class, 10) . '.php';\n});\n";
    file_put_contents("$directory/load.php", "<?php\n$autoload$loads");
    return "$directory/load.php";
}

/**
 * @param list<string> $options
 * @param list<string> $includes
 */
function boot(string $directory, array $options, array $includes): float
{
    $server = stream_socket_server("unix://$directory/workers.sock");
    $started = hrtime(true);
    $process = proc_open([PHP_BINARY, ...$options, dirname(__DIR__) . '/parallite-worker.php'], [
        ['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'],
    ], $pipes, '/', [
        'PARALLITE_WORKER_SOCKET' => "unix://$directory/workers.sock",
        'PARALLITE_WORKER_TOKEN' => 'bench',
        'PARALLITE_PHP_INCLUDES' => json_encode($includes),
    ] + getenv());
    $worker = stream_socket_accept($server, 10) ?: throw new RuntimeException('the worker did not connect');
    fread($worker, 4);
    $took = (hrtime(true) - $started) / 1e6;
    fclose($worker);
    proc_close($process);
    fclose($server);
    unlink("$directory/workers.sock");
    return $took;
}

$on = ['-d', 'opcache.enable_cli=1'];
$settings = [
    'opcache off (the default)' => ['-d', 'opcache.enable_cli=0'],
    'opcache in memory' => $on,
    'opcache with file cache only' => [...$on, '-d', 'opcache.file_cache_only=1', '-d',
        "opcache.file_cache=$directory/cache"],
];
$trees = ['bare' => [], '300 classes' => [generate($directory, 300)]];
printf("%-30s %12s %12s\n", "median of $runs, ms", ...array_keys($trees));
foreach ($settings as $name => $options) {
    $medians = [];
    foreach ($trees as $includes) {
        boot($directory, $options, $includes); // fills the caches
        $times = array_map(static fn() => boot($directory, $options, $includes), range(1, $runs));
        sort($times);
        $medians[] = $times[intdiv($runs, 2)];
    }
    printf("%-30s %12.1f %12.1f\n", $name, ...$medians);
}
