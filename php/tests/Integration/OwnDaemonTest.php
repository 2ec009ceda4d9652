<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Daemon\Launcher;
use B7s\Parallite\Tests\Support\OwnDaemonTests;
use PHPUnit\Framework\TestCase;

/**
 * Programs for the upstream package that start the daemon whose executable PARALLITE_BIN names.
 */
final class OwnDaemonTest extends TestCase
{
    use OwnDaemonTests;

    public static function setUpBeforeClass(): void
    {
        if (getenv('PARALLITE_BIN') === false) {
            self::fail('PARALLITE_BIN must name the daemon\'s executable');
        }
    }

    private static function binary(): string
    {
        return (string) getenv('PARALLITE_BIN');
    }

    public function testEverythingInTheConfigurationReachesTheDaemon(): void
    {
        file_put_contents("{$this->directory}/boot.php", '<?php function booted(): string { return "booted"; }');
        file_put_contents("{$this->directory}/parallite.json", json_encode([
            'php_includes' => ['boot.php'],
            'enable_benchmark' => true,
            'worker_debug_logs' => false,
            'debug_logs' => false,
            'worker_script' => 'src/Support/parallite-worker.php',
            'go_overrides' => [
                'timeout_ms' => 61_000,
                'fixed_workers' => 2,
                'prefix_name' => 'their_worker',
                'fail_mode' => 'continue',
                'max_payload_bytes' => 1_048_576,
            ],
        ]));
        $script = $this->script(<<<'PHP'
            $promise = async(fn () => booted());
            $stats = (new B7s\Parallite\Client(Parallite\ParalliteClient::getDefaultSocketPath()))->stats();
            echo json_encode([
                $promise->resolve(),
                $promise->getBenchmark()?->executionTimeMs > 0,
                $stats['settings']['timeout_ms'],
                $stats['pool']['fixed_workers'],
                $stats['settings']['max_payload_bytes'],
                $stats['pool']['workers'][0]['name'],
            ]);
            PHP, ['PARALLITE_FIXED_WORKERS' => null, 'PARALLITE_MAX_WORKERS' => null]);

        self::assertSame(
            ['booted', true, 61_000, 2, 1_048_576, 'their_worker-1'],
            json_decode($script->output, true),
            $script->output,
        );
    }

    public function testDaemonLivesWhileItsProgramDoesNothing(): void
    {
        $script = $this->script(<<<'PHP'
            new Parallite\ParalliteClient();
            $pid = fn () => (new B7s\Parallite\Client(Parallite\ParalliteClient::getDefaultSocketPath()))->ping()['pid'];
            $first = $pid();
            sleep(4);
            echo $first === $pid() ? 'lives' : 'is another one';
            PHP, ['PARALLITE_IDLE_SHUTDOWN_MS' => '1000']);

        self::assertSame('lives', $script->output);
    }

    public function testDaemonOfAProgramThatWasKilledEnds(): void
    {
        $script = $this->script(<<<'PHP'
            new Parallite\ParalliteClient();
            echo (new B7s\Parallite\Client(Parallite\ParalliteClient::getDefaultSocketPath()))->ping()['pid'];
            posix_kill(getmypid(), SIGKILL);
            PHP, ['PARALLITE_IDLE_SHUTDOWN_MS' => '1000']);
        for ($i = 0; Launcher::isAlive((int) $script->output) && $i < 6_000; $i++) {
            usleep(10_000);
        }

        self::assertGreaterThan(0, (int) $script->output);
        self::assertFalse(Launcher::isAlive((int) $script->output));
    }
}
