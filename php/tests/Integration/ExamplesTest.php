<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Client;
use B7s\Parallite\Daemon\Launcher;
use B7s\Parallite\Tests\Support\PhpScript;
use B7s\Parallite\Worker\StandardStreams;
use PHPUnit\Framework\TestCase;

/**
 * The programs in php/examples do what the README says of them, with the daemon that PARALLITE_SOCKET names.
 */
final class ExamplesTest extends TestCase
{
    private const EXAMPLES = __DIR__ . '/../../examples';

    private static function example(string $name, string ...$arguments): string
    {
        $script = PhpScript::file(self::EXAMPLES . "/$name", $arguments);
        self::assertSame(0, $script->exitCode, $script->output);
        return $script->output;
    }

    private static function needs(string $extension): void
    {
        if (!(new Client())->run('extension_loaded', [$extension]) || !extension_loaded($extension)) {
            self::markTestSkipped("ext-$extension is not loaded here");
        }
    }

    public function testFetchesPages(): void
    {
        $output = self::example('http-fetches.php');

        self::assertMatchesRegularExpression('~/350 +4227 bytes  0\.\d\d s~', $output);
        self::assertSame(1, preg_match('/6 pages in ([\d.]+) s; one after the other: ([\d.]+) s/', $output, $took), $output);
        self::assertGreaterThanOrEqual(1.68, (float) $took[2]);
    }

    public function testMakesThumbnails(): void
    {
        self::needs('gd');
        $output = self::example('thumbnails.php');

        self::assertMatchesRegularExpression('/picture-11\.jpg +1200 x  910 -> 160 x 12\d/', $output);
        self::assertSame(1, preg_match('~12 thumbnails in [\d.]+ s, in (/.+)$~m', $output, $found), $output);
        $thumbnails = glob("$found[1]/*.jpg") ?: [];
        self::assertCount(12, $thumbnails);
        self::assertSame(160, getimagesize($thumbnails[0])[0] ?? 0);
        exec('rm -r ' . escapeshellarg(dirname($found[1])));
    }

    public function testCountsPrimesWithABar(): void
    {
        $output = self::example('progress-bar.php', '200000', '4');

        self::assertStringContainsString('17,984 primes below 200,000', $output);
        self::assertStringContainsString(str_repeat('█', 25) . ' 100 %', $output);
        self::assertMatchesRegularExpression('/█░+ [2-8]\d %/u', $output, 'on the way there: no task is more than a quarter of it');
    }

    public function testKeepsADatabaseConnectionPerWorker(): void
    {
        self::needs('pdo_sqlite');
        $output = self::example('database.php');

        self::assertStringContainsString('customer-1   100 orders    2080.00 EUR', $output);
        self::assertSame(1, preg_match('/40 queries, (\d+) connections opened by (\d+) workers/', $output, $count), $output);
        self::assertLessThan(40, (int) $count[2]);
    }

    public function testRunsWhatWasWrittenForUpstream(): void
    {
        $output = self::example('from-upstream.php');

        self::assertStringContainsString("caught: Task failed (awaitTask): the bank does not answer\n", $output);
        self::assertStringContainsString('string(9) "1200 rows"', $output);
        self::assertStringContainsString('string(3) "EUR"', $output);
    }

    public function testAnswersTheTestClientOfTheGoDaemonAsThatDoes(): void
    {
        $root = dirname(__DIR__, 3);
        $command = sprintf(
            'USE_TEST_WORKER=1 %s %s %s 2>&1',
            escapeshellarg("$root/deploy/with-daemon"),
            escapeshellarg(PHP_BINARY),
            escapeshellarg(self::EXAMPLES . '/test-client.php'),
        );
        exec($command, $lines, $exitCode);
        $output = implode("\n", $lines);

        self::assertSame(0, $exitCode, $output);
        self::assertStringContainsString("=== Parallite Test Client ===\nConnecting to: /", $output);
        self::assertStringContainsString("✓ Connected successfully\n\n--- Test 1: Simple Task ---\nTask ID: task-", $output);
        self::assertStringContainsString("Status:  true\nResult:  {\"message\":\"Task processed successfully\",", $output);
        self::assertStringContainsString(
            "Status:  true\nResult:  {\"operation\":\"sum\",\"numbers\":[1,2,3,4,5],\"result\":15}\n",
            $output,
        );
        self::assertSame(5, preg_match_all('~^Sending task \d/5\.\.\. ✓ Success$~m', $output));
        self::assertSame(1, substr_count($output, "\nBenchmark: {"));
    }

    public function testWaitsInAnEventLoop(): void
    {
        self::assertMatchesRegularExpression(
            '/^the result has come; the loop was free [1-9]\d* times$/',
            trim(self::example('event-loop.php')),
        );
    }

    public function testMapsInChunks(): void
    {
        $output = self::example('chunks.php', '3000');

        self::assertStringContainsString('3000 items, sum of digits 43503,', $output);
        self::assertStringContainsString("a-1: 12.50\na-2: \"twelve\" is no amount\na-3: 7.00\n30 20 10 \n", $output);
        self::assertStringContainsString('the deadline of 0.2 seconds passed before all tasks had ended', $output);
    }

    public function testRunsAShortTaskBesideLongJobs(): void
    {
        $output = self::example('scheduling.php', '60');

        self::assertMatchesRegularExpression('/^price 4.5, while (no )?jobs were waiting$/m', $output); // none on a slow machine
        self::assertMatchesRegularExpression('/^(nobody was free in time: QUEUE_TIMEOUT|a worker was free)$/m', $output);
        self::assertStringContainsString("60 jobs are done\n", $output);
    }

    public function testCancelsAndTriesAgain(): void
    {
        self::assertSame(
            "answered: the fast source\nfailed: no stock\ncame out at try 3\nthe map was cancelled\n",
            self::example('scope.php'),
        );
    }

    public function testSharesATable(): void
    {
        self::assertSame("40 orders, 124495.00 in all\n", self::example('sharing.php', '2000'));
    }

    public function testFeedsARunningTask(): void
    {
        self::assertSame(
            "listen: 1 with the same letters\nsilent: 2 with the same letters\ntiles: 1 with the same letters\nanagrams: listen, silent\n",
            self::example('feeding.php', 'listen', 'silent', 'tiles'),
        );
    }

    public function testRecurses(): void
    {
        self::assertMatchesRegularExpression('~^20000 numbers, sorted\n[\d,]+ bytes below /~', self::example('recursion.php'));
    }

    public function testKeepsTheTrace(): void
    {
        $trace = '4bf92f3577b34da6a3ce929d0e0e4736';
        $output = self::example('tracing.php', "00-$trace-00f067aa0ba902b7-01");

        self::assertSame(3, substr_count($output, $trace), $output);
    }

    public function testTestsWithoutADaemon(): void
    {
        self::assertSame(3, substr_count(self::example('testing.php'), 'ok: '));
    }

    public function testShowsWhatItCanDo(): void
    {
        self::assertStringContainsString('Everything came out as it should.', self::example('demo.php'));
    }

    /**
     * The kernel and the services are doubles; the bootstrap file and the worker's hooks are not.
     *
     * @testWith ["exec"]
     *           ["fork"]
     */
    public function testBootsASymfonyKernelPerWorker(string $start): void
    {
        if ($start === 'fork' && !StandardStreams::wouldBeReplaceable()) {
            self::markTestSkipped('this PHP cannot be forked');
        }
        $directory = sys_get_temp_dir() . '/parallite-symfony-' . bin2hex(random_bytes(6));
        mkdir("$directory/vendor", 0700, true);
        $autoload = dirname(__DIR__, 2) . '/autoload.php';
        copy(dirname(__DIR__) . '/Support/doubles/symfony.php', "$directory/symfony.php");
        file_put_contents(
            "$directory/vendor/autoload.php",
            '<?php require_once ' . var_export($autoload, true) . '; require_once __DIR__ . "/../symfony.php";',
        );
        copy(self::EXAMPLES . '/symfony/parallite-bootstrap.php', "$directory/parallite-bootstrap.php");
        $settings = ['bootstrap' => 'parallite-bootstrap.php', 'worker_start' => $start, 'socket' => "$directory/socket", 'fixed_workers' => 1, 'max_workers' => 1];
        file_put_contents("$directory/parallite.json", json_encode($settings));
        $pid = Launcher::launch(
            (string) getenv('PARALLITE_BIN'),
            ['--config', "$directory/parallite.json"],
            $directory,
            ['PARALLITE_SOCKET' => '', 'PARALLITE_FIXED_WORKERS' => '', 'PARALLITE_MAX_WORKERS' => ''],
            "$directory/log",
            static fn(): bool => file_exists("$directory/socket"),
        );
        try {
            $script = PhpScript::file(
                self::EXAMPLES . '/symfony/run.php',
                [],
                ['PARALLITE_SOCKET' => "$directory/socket"],
                $directory,
            );
        } finally {
            posix_kill($pid, SIGTERM);
            for ($i = 0; $i < 500 && Launcher::isAlive($pid); $i++) {
                usleep(20_000);
            }
            $log = (string) file_get_contents("$directory/log");
            exec('rm -r ' . escapeshellarg($directory));
        }
        self::assertSame(
            "january: kernel 1, after 0 resets\nfebruary: kernel 1, after 1 resets\nmarch: kernel 1, after 2 resets\n",
            $script->output,
            $log,
        );
        self::assertStringNotContainsString('not forked', $log);
    }
}
