<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Client;
use B7s\Parallite\Tests\Support\CompatTests;
use B7s\Parallite\Tests\Support\MiniDaemon;
use B7s\Parallite\Tests\Support\PhpScript;
use Closure;
use Parallite\BenchmarkData;
use Parallite\ParalliteClient;
use PHPUnit\Framework\TestCase;
use RuntimeException;

use function Parallite\getBenchmarkConfig;

/**
 * The names and ways of the upstream package, with real workers under a daemon in miniature.
 */
final class CompatTest extends TestCase
{
    use CompatTests;

    private static ?MiniDaemon $daemon = null;

    public static function setUpBeforeClass(): void
    {
        self::$daemon = new MiniDaemon();
    }

    public static function tearDownAfterClass(): void
    {
        self::$daemon?->stop();
    }

    private static function socket(): string
    {
        return (string) self::$daemon?->socket;
    }

    public function testDefaultSocketIsTheNamedOneOrThisProcesssOwn(): void
    {
        $named = getenv('PARALLITE_SOCKET');
        try {
            putenv('PARALLITE_SOCKET=/run/named.sock');
            self::assertSame('/run/named.sock', ParalliteClient::getDefaultSocketPath());
            putenv('PARALLITE_SOCKET');
            self::assertSame(
                sys_get_temp_dir() . '/parallite_' . getmypid() . '.sock',
                ParalliteClient::getDefaultSocketPath(),
            );
        } finally {
            putenv($named === false ? 'PARALLITE_SOCKET' : "PARALLITE_SOCKET=$named");
        }
    }

    public function testSaysWhenNoDaemonListens(): void
    {
        $client = new ParalliteClient('/nonexistent/parallite.sock', autoManageDaemon: false);

        $this->expectException(RuntimeException::class);
        $this->expectExceptionMessageMatches('~/nonexistent/parallite\.sock~');
        $client->promise(self::task('answer'))->resolve();
    }

    public function testBenchmarkDataIsReadableAndAnArray(): void
    {
        $data = BenchmarkData::fromArray(['execution_time_ms' => 12.345, 'memory_peak_mb' => '2', 'cpu_time_ms' => []]);

        self::assertSame('Execution: 12.35ms | Memory Δ: 0.00MB | Peak: 2.00MB | CPU: 0.00ms', (string) $data);
        self::assertEquals($data, BenchmarkData::fromArray($data->toArray()));
    }

    public function testBenchmarkIsConfiguredByTheNearestFile(): void
    {
        $directory = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir("$directory/deep/down", 0700, true);
        $cwd = (string) getcwd();
        try {
            chdir("$directory/deep/down");
            self::assertFalse(getBenchmarkConfig());
            file_put_contents("$directory/parallite.json", '{"enable_benchmark": true}');
            self::assertTrue(getBenchmarkConfig());
            file_put_contents("$directory/deep/parallite.json", '{"enable_benchmark": "false"}');
            self::assertFalse(getBenchmarkConfig());
        } finally {
            chdir($cwd);
            array_map(unlink(...), glob("$directory/{,deep/}*.json", GLOB_BRACE));
            rmdir("$directory/deep/down");
            rmdir("$directory/deep");
            rmdir($directory);
        }
    }

    public function testGlobalFunctionsAreThereUnlessTheirNamesAreTaken(): void
    {
        $autoload = var_export(dirname(__DIR__, 2) . '/compat/autoload.php', true);
        $print = 'foreach (["async", "await", "pd"] as $f) echo basename((new ReflectionFunction($f))->getFileName()), " ";';
        $run = static fn(string $code): string
            => (string) shell_exec(escapeshellarg(PHP_BINARY) . ' -r ' . escapeshellarg($code) . ' 2>&1');

        self::assertSame('definitions.php definitions.php definitions.php ', $run("require $autoload; $print"));
        self::assertSame('ours', $run("function async() { return 'ours'; } require $autoload; echo async();"));
        self::assertSame('ours', $run("function await() { return 'ours'; } require $autoload; echo await();"));
        self::assertSame('ours', $run("function pd() { return 'ours'; } require $autoload; echo pd();"));
    }

    public function testProgramsThatUseNothingOfThePackageKeepTheNames(): void
    {
        $autoload = var_export(dirname(__DIR__, 2) . '/autoload.php', true);
        $script = PhpScript::run(<<<PHP
            require_once $autoload;
            new B7s\Parallite\Client('/nonexistent');
            \$native = array_filter(['async', 'await', 'pd', 'Parallite\\async', 'Parallite\\getBenchmarkConfig'], 'function_exists');
            Parallite\BenchmarkData::fromArray([]);
            echo json_encode([\$native, function_exists('async')]);
            PHP);

        self::assertSame('[[],true]', $script->output);
    }

    public function testWorkersKeepTheNamesForTheProject(): void
    {
        $daemon = new MiniDaemon(1);
        $names = static fn(): array => array_filter(['async', 'await', 'pd', 'Parallite\async'], 'function_exists');
        $run = Closure::bind($names, null, null);

        try {
            self::assertSame([], (new Client($daemon->socket))->run($run));
            (new ParalliteClient($daemon->socket, autoManageDaemon: false))->promise(self::task('answer'))->resolve();
            self::assertCount(4, (new Client($daemon->socket))->run($run), 'after a task of a program that uses them');
        } finally {
            $daemon->stop();
        }
    }
}
