<?php

/**
 * Shows what the daemon does: closures of several kinds run in parallel, some of them failing as they should.
 * Exits with 0 if everything came out as expected, with 74 if its output was lost.
 *
 * Usage: php demo.php [--socket PATH]     (default: PARALLITE_SOCKET, else the daemon's default socket)
 */

declare(strict_types=1);

use B7s\Parallite\Client;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\ParalliteException;
use B7s\Parallite\Exception\TaskTimedOut;
use B7s\Parallite\Future;

ignore_user_abort(true); // the loss of its output is told at the end, in place of an exit with 255

$composer = dirname(__DIR__) . '/vendor/autoload.php';
require is_file($composer) ? $composer : dirname(__DIR__) . '/autoload.php';

/** One line per job: a bar that grows on a terminal, a plain line per finished task elsewhere. */
final class Progress
{
    private const WIDTH = 24;

    private readonly bool $live;

    public function __construct()
    {
        $this->live = stream_isatty(STDOUT) && getenv('TERM') !== 'dumb';
    }

    public function show(string $job, int $done, int $total, float $seconds): void
    {
        if (!$this->live) {
            printf("  %-24s %2d of %2d done after %5.2f s\n", $job, $done, $total, $seconds);
            return;
        }
        $filled = intdiv(self::WIDTH * $done, $total);
        $bar = str_repeat('█', $filled) . str_repeat('░', self::WIDTH - $filled);
        printf("\r  %-24s %s %2d/%d  %5.2f s ", $job, $bar, $done, $total, $seconds);
        if ($done === $total) {
            echo "\n";
        }
    }

    public function isLive(): bool
    {
        return $this->live;
    }
}

/** What a job came to. */
final class Outcome
{
    /** @param ?float $sequential the sum of the seconds that its tasks measured; null when they failed */
    public function __construct(
        public readonly string $job,
        public readonly int $tasks,
        public readonly float $parallel,
        public readonly ?float $sequential,
        public readonly string $text,
        public readonly bool $asExpected,
    ) {
    }
}

/** Sends jobs and watches them. */
final class Demo
{
    public function __construct(private readonly Client $client, private readonly Progress $progress)
    {
    }

    /**
     * Runs all tasks of a job at once; each returns [its value, the seconds that it took].
     *
     * @param list<Closure> $tasks
     * @param Closure(list<mixed>, float, float): array{string, bool} $judge of values, parallel and sequential time
     */
    public function job(string $name, array $tasks, Closure $judge): Outcome
    {
        $started = microtime(true);
        $futures = array_map($this->client->submit(...), $tasks);
        $this->watch($name, $futures, $started);
        $parallel = microtime(true) - $started;
        try {
            $results = $this->client->awaitAll($futures);
        } catch (Throwable $e) {
            return new Outcome($name, count($tasks), $parallel, null, 'failed: ' . $e->getMessage(), false);
        }
        $sequential = array_sum(array_column($results, 1));
        [$text, $asExpected] = $judge(array_column($results, 0), $parallel, $sequential);
        return new Outcome($name, count($tasks), $parallel, $sequential, $text, $asExpected);
    }

    /**
     * Runs one task that is to fail.
     *
     * @param class-string<Throwable> $expected
     */
    public function failure(string $name, Closure $task, ?float $timeout, string $expected, string $text): Outcome
    {
        $started = microtime(true);
        $future = $this->client->submit($task, timeout: $timeout);
        $this->watch($name, [$future], $started);
        $parallel = microtime(true) - $started;
        try {
            $future->await();
            return new Outcome($name, 1, $parallel, null, 'succeeded, but should have failed', false);
        } catch (Throwable $e) {
            return $e instanceof $expected
                ? new Outcome($name, 1, $parallel, null, sprintf($text, $e->getMessage()), true)
                : new Outcome($name, 1, $parallel, null, get_debug_type($e) . ': ' . $e->getMessage(), false);
        }
    }

    /** @param list<Future<mixed>> $futures */
    private function watch(string $job, array $futures, float $started): void
    {
        $shown = 0;
        do {
            $done = count(array_filter($futures, static fn(Future $future): bool => $future->isDone()));
            if ($done !== $shown || $this->progress->isLive()) {
                $this->progress->show($job, $done, count($futures), microtime(true) - $started);
                $shown = $done;
            }
            usleep($done < count($futures) ? 20_000 : 0);
        } while ($done < count($futures));
    }
}

/** @param list<Outcome> $outcomes */
function printTable(array $outcomes): void
{
    $rows = [['job', 'tasks', 'parallel', 'sequential', 'speed-up', 'outcome']];
    foreach ($outcomes as $outcome) {
        $rows[] = [
            $outcome->job,
            (string) $outcome->tasks,
            sprintf('%.2f s', $outcome->parallel),
            $outcome->sequential === null ? '-' : sprintf('%.2f s', $outcome->sequential),
            $outcome->sequential === null ? '-' : sprintf('%.1f x', $outcome->sequential / $outcome->parallel),
            ($outcome->asExpected ? 'ok: ' : 'NOT OK: ') . $outcome->text,
        ];
    }
    $widths = [];
    foreach ($rows as $row) {
        foreach ($row as $column => $cell) {
            $widths[$column] = max($widths[$column] ?? 0, strlen($cell));
        }
    }
    foreach ($rows as $number => $row) {
        $line = '';
        foreach ($row as $column => $cell) {
            $padding = str_repeat(' ', $widths[$column] - strlen($cell));
            $line .= '  ' . (in_array($column, [0, 5], true) ? $cell . $padding : $padding . $cell);
        }
        echo rtrim($line), "\n";
        if ($number === 0) {
            echo '  ', str_repeat('-', array_sum($widths) + 2 * (count($widths) - 1)), "\n";
        }
    }
}

$options = getopt('', ['socket:', 'help']);
if (isset($options['help'])) {
    echo "Usage: php demo.php [--socket PATH]\n";
    exit(0);
}
$client = new Client(is_string($options['socket'] ?? null) ? $options['socket'] : null);
try {
    $daemon = $client->ping();
    $pool = $client->stats()['pool'] ?? [];
} catch (ConnectionException $e) {
    fwrite(STDERR, $e->getMessage() . "\n");
    exit(2);
}
$version = is_string($daemon['version'] ?? null) ? ' ' . $daemon['version'] : '';
$workers = isset($pool['fixed_workers'], $pool['max_workers'])
    ? ": {$pool['fixed_workers']} workers, up to {$pool['max_workers']} when they are busy"
    : '';
echo "Parallite$version$workers\n\n";

$sleep = static function (): array {
    $started = microtime(true);
    sleep(1);
    return [getmypid(), microtime(true) - $started];
};
$primes = static function (int $from, int $to): array {
    $cpu = static fn(): float => getrusage()['ru_utime.tv_sec'] + getrusage()['ru_utime.tv_usec'] / 1e6;
    $started = $cpu(); // not the clock: tasks that share a core slow each other down
    $count = 0;
    for ($n = max(2, $from); $n < $to; $n++) {
        $isPrime = true;
        for ($d = 2; $d * $d <= $n; $d++) {
            if ($n % $d === 0) {
                $isPrime = false;
                break;
            }
        }
        $count += (int) $isPrime;
    }
    return [$count, $cpu() - $started];
};
$search = [];
foreach (range(0, 7) as $slice) {
    $search[] = static fn(): array => $primes($slice * 250_000, ($slice + 1) * 250_000);
}
$fetch = [];
foreach ([120, 80, 200, 150] as $latency) {
    $fetch[] = static function () use ($latency): array {
        $started = microtime(true);
        usleep($latency * 1000);
        return [['status' => 200, 'latency_ms' => $latency], microtime(true) - $started];
    };
}

try {
    $demo = new Demo($client, new Progress());
    $outcomes = [
        $demo->job('sleep for one second', array_fill(0, 10, $sleep), static fn(array $pids, float $took): array => [
            sprintf('in %d processes', count(array_unique($pids))),
            count(array_unique($pids)) > 5 && $took < 5,
        ]),
        $demo->job('primes below 2,000,000', $search, static fn(array $counts): array => [
            number_format(array_sum($counts)) . ' found',
            array_sum($counts) === 148_933,
        ]),
        $demo->job('wait for four services', $fetch, static fn(array $answers, float $took, float $sum): array => [
            'in the order asked',
            array_column($answers, 'latency_ms') === [120, 80, 200, 150] && $took < $sum,
        ]),
        $demo->failure(
            'throw an exception',
            static function (): never {
                throw new DomainException('order 4711 is unknown');
            },
            null,
            DomainException::class,
            'caught "%s"',
        ),
        $demo->failure(
            'run for too long',
            static fn(): int => sleep(30),
            0.5,
            TaskTimedOut::class,
            'stopped after half a second',
        ),
        $demo->job('go on afterwards', [$sleep, $sleep], static fn(array $pids): array => [
            'the daemon is well',
            count($pids) === 2,
        ]),
    ];
} catch (ParalliteException $e) {
    fwrite(STDERR, "\n{$e->getMessage()}\n");
    exit(2);
}

echo "\n";
printTable($outcomes);
$wrong = array_filter($outcomes, static fn(Outcome $outcome): bool => !$outcome->asExpected);
echo "\n", $wrong === [] ? "  Everything came out as it should.\n" : "  Some of it did not come out as it should.\n";
if (connection_aborted() !== 0) {
    fwrite(STDERR, "parallite: output is lost, standard output cannot be written\n");
    exit(74);
}
exit($wrong === [] ? 0 : 1);
