<?php

/**
 * Fetches pages in parallel: it takes as long as the slowest of them.
 *
 * Usage: php http-fetches.php [URL ...]     (default: pages of slow servers of its own)
 */

declare(strict_types=1);

use B7s\Parallite\Client;

require __DIR__ . '/support/load.php';

$urls = array_slice($argv, 1);
$servers = [];
if ($urls === []) {
    foreach ([300, 250, 200, 350, 300, 280] as $milliseconds) {
        [$servers[], $base] = startSlowServer();
        $urls[] = "$base/$milliseconds";
    }
}

$client = new Client();
$started = microtime(true);

$pages = $client->map($urls, static function (string $url): array {
    $started = microtime(true);
    $body = file_get_contents($url, false, stream_context_create(['http' => ['timeout' => 10]]));
    if ($body === false) {
        throw new RuntimeException("cannot fetch $url");
    }
    return ['bytes' => strlen($body), 'seconds' => microtime(true) - $started];
});

$took = microtime(true) - $started;
foreach ($pages as $i => $page) {
    printf("%-40s %7d bytes  %.2f s\n", $urls[$i], $page['bytes'], $page['seconds']);
}
$sum = array_sum(array_column($pages, 'seconds'));
printf("%d pages in %.2f s; one after the other: %.2f s\n", count($pages), $took, $sum);

foreach ($servers as $server) {
    proc_terminate($server);
    proc_close($server);
}

/** @return array{resource, string} the process, and where it listens */
function startSlowServer(): array
{
    $probe = stream_socket_server('tcp://127.0.0.1:0');
    $address = stream_socket_get_name($probe, false);
    fclose($probe);
    $command = [PHP_BINARY, '-S', $address, __DIR__ . '/support/slow-server.php'];
    $quiet = ['file', '/dev/null', 'w'];
    $server = proc_open($command, [1 => $quiet, 2 => $quiet], $pipes);
    for ($i = 0; $i < 500 && @file_get_contents("http://$address/0") === false; $i++) {
        usleep(10_000);
    }
    return [$server, "http://$address"];
}
