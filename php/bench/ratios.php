<?php

/**
 * What deploy/benchmark runs: prints a table of times and rates of the daemon, each with its ratio to a yardstick.
 *
 * Yardsticks: the start of a PHP without settings, round trips between two processes over a socket, and one
 * task of those that a burst has. Every figure is the best of some runs, which a busy machine disturbs least.
 */

declare(strict_types=1);

use B7s\Parallite\Client;

require dirname(__DIR__) . '/autoload.php';
require __DIR__ . '/BenchmarkedDaemon.php';

error_reporting(E_ALL & ~E_DEPRECATED); // of libraries for closures

$options = getopt('', ['check', 'runs:'], $rest);
if ($rest < $argc) {
    fwrite(STDERR, "usage: deploy/benchmark [--check] [--runs N]\n");
    exit(64);
}
$runs = max(1, (int) ($options['runs'] ?? 5));

/** @return float seconds that $action takes, at best */
function best(int $runs, callable $action): float
{
    $times = [];
    for ($i = 0; $i < $runs; $i++) {
        $since = hrtime(true);
        $action();
        $times[] = (hrtime(true) - $since) / 1e9;
    }
    return min($times);
}

/** @return float round trips a second of 64 bytes between this process and a child */
function roundTrips(): float
{
    [$mine, $other] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0) ?: exit(1);
    $pid = pcntl_fork();
    if ($pid === 0) {
        fclose($mine);
        while (($bytes = fread($other, 64)) !== '' && $bytes !== false) {
            fwrite($other, $bytes);
        }
        posix_kill(posix_getpid(), SIGKILL); // nothing of the parent's is closed twice
    }
    fclose($other);
    $frame = str_repeat('x', 64);
    $until = hrtime(true) + 1e9;
    for ($count = 0; hrtime(true) < $until; $count++) {
        fwrite($mine, $frame);
        fread($mine, 64);
    }
    fclose($mine);
    pcntl_waitpid($pid, $status);
    return $count;
}

/** @return float tasks a second */
function throughput(string $socket, int $connections, int $depth): float
{
    $command = [PARALLITE, 'bench', '--json', '--payload', 'pi', '-w', '2s', '-d', '3s', '-c', $connections, '-p', $depth];
    $line = implode(' ', array_map(escapeshellarg(...), [...$command, '--socket', $socket]));
    $result = json_decode((string) shell_exec("$line 2>/dev/null"), true);
    return $result['tasks_per_second'] ?? throw new RuntimeException("no figures from: $line");
}

/** @return float seconds for $count tasks that sleep */
function burst(string $socket, int $runs, int $count, float $seconds): float
{
    $client = new Client($socket);
    $sleep = static function () use ($seconds): void {
        usleep((int) ($seconds * 1e6));
    };
    $client->all(array_fill(0, 5, static fn(): int => 1));
    return best($runs, static fn(): array => $client->all(array_fill(0, $count, $sleep)));
}

$rows = [];
// A ratio of times is good when it is low, one of rates when it is high.
$add = static function (string $what, string $figure, float $ratio, string $yardstick, float $bar, bool $low = true) use (&$rows): void {
    $isGood = $low ? $ratio <= $bar : $ratio >= $bar;
    $rows[] = $isGood;
    printf(
        "%-38s %14s   %6.2f of %-30s %s %.2f%s\n",
        $what, $figure, $ratio, $yardstick, $low ? '<=' : '>=', $bar, $isGood ? '' : '   WORSE',
    );
};
$seconds = static fn(float $time): string => sprintf('%.3f s', $time);

$php = best($runs, static fn() => exec(escapeshellarg(PHP_BINARY) . ' -n -r ""'));
$name = sprintf('a PHP start (%.3f s)', $php);
$starts = $stops = [];
for ($i = 0; $i < $runs; $i++) {
    $daemon = new BenchmarkedDaemon('--fixed-workers', '2');
    $starts[] = $daemon->startedAfter;
    (new Client($daemon->socket))->all(array_fill(0, 2, static fn(): int => 1));
    $stops[] = $daemon->stop();
}
$add('start, until it listens', $seconds(min($starts)), min($starts) / $php, $name, 100);
$add('end, with nothing running', $seconds(min($stops)), min($stops) / $php, $name, 30);

$daemon = new BenchmarkedDaemon();
$one = burst($daemon->socket, $runs, 1, 0.1);
$name = sprintf('one such task (%.3f s)', $one);
$took = burst($daemon->socket, $runs, 20, 0.1);
$add('20 tasks of 0.1 s, default settings', $seconds($took), $took / $one, $name, 4.5);
$took = burst($daemon->socket, $runs, 3, 0.1);
$add('3 tasks of 0.1 s, default settings', $seconds($took), $took / $one, $name, 1.5);
$daemon->stop();
$daemon = new BenchmarkedDaemon('--fixed-workers', '4');
$one = burst($daemon->socket, 1, 1, 1.0);
$took = burst($daemon->socket, min($runs, 2), 10, 1.0);
$add('10 tasks of 1 s, four workers', $seconds($took), $took / $one, sprintf('one such task (%.3f s)', $one), 1.15);
$daemon->stop();

$daemon = new BenchmarkedDaemon('--fixed-workers', '2', '--max-workers', '2');
foreach ([[8, 1, 0.3], [64, 1, 0.3], [1, 64, 0.3]] as [$connections, $depth, $bar]) {
    $trips = roundTrips();
    $rate = throughput($daemon->socket, $connections, $depth);
    $figure = number_format($rate) . ' /s';
    $name = sprintf('round trips (%s /s)', number_format($trips));
    $add("no-op tasks, $connections x $depth", $figure, $rate / $trips, $name, $bar, false);
}
$daemon->stop();

/** @return float seconds for a no-op in a process forked from this one, as libraries do that fork the caller for each task */
function inForkOfCaller(): float
{
    $since = hrtime(true);
    [$mine, $other] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $pid = pcntl_fork();
    if ($pid === 0) {
        fclose($mine);
        fwrite($other, serialize((static fn(): int => 1)()));
        exit; // not SIGKILL: the shutdown functions of the caller's are what such a library runs, too
    }
    fclose($other);
    unserialize((string) stream_get_contents($mine));
    pcntl_waitpid($pid, $status);
    return (hrtime(true) - $since) / 1e9;
}

/** @return float seconds of a no-op, one after the other; the median of 200 */
function noOp(string $socket): float
{
    $client = new Client($socket);
    $times = [];
    for ($i = 0; $i < 250; $i++) {
        $since = hrtime(true);
        $client->run(static fn(): int => 1);
        $times[] = (hrtime(true) - $since) / 1e9;
    }
    $times = array_slice($times, 50);
    sort($times);
    return $times[100];
}

$forks = array_map(static fn(): float => inForkOfCaller(), range(1, 200));
sort($forks);
$own = $forks[100];
$name = sprintf('a fork of the caller (%.2f ms)', $own * 1e3);
foreach ([['a worker of its own, forked', 'fork', 1.5], ['a worker of its own, started', 'exec', 15]] as [$what, $start, $bar]) {
    $daemon = new BenchmarkedDaemon('--worker-start', $start, '--isolation', 'task', '--fixed-workers', '4');
    $took = noOp($daemon->socket);
    $add("no-op in $what", sprintf('%.2f ms', $took * 1e3), $took / $own, $name, $bar);
    $daemon->stop();
}
foreach ([['forked', 'fork', 1.0], ['started', 'exec', 0.1]] as [$what, $start, $bar]) {
    $daemon = new BenchmarkedDaemon('--worker-start', $start, '--isolation', 'task', '--fixed-workers', '8');
    $rate = throughput($daemon->socket, 8, 1);
    $figure = number_format($rate) . ' /s';
    $add("no-ops, each $what, 8 x 1", $figure, $rate * $own, sprintf('one after the other (%.0f /s)', 1 / $own), $bar, false);
    $daemon->stop();
}

exit(isset($options['check']) && in_array(false, $rows, true) ? 1 : 0);
