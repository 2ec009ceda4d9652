<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Codec\Opis3Codec;
use B7s\Parallite\Codec\Opis4Codec;
use B7s\Parallite\Exception\DaemonNotRunning;
use Parallite\Configuration;
use PHPUnit\Framework\TestCase;

/**
 * What the parallite.json of a project for the Go daemon makes of the daemon that its programs start.
 */
final class CompatConfigurationTest extends TestCase
{
    private const DEFAULTS = [
        'PARALLITE_TIMEOUT_MS' => '900000',
        'PARALLITE_FIXED_WORKERS' => '1',
        'PARALLITE_PREFIX_NAME' => 'parallite_worker',
        'PARALLITE_FAIL_MODE' => 'continue',
        'PARALLITE_MAX_PAYLOAD_BYTES' => '10485760',
    ];

    private string $root = '';

    protected function setUp(): void
    {
        $this->root = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir("{$this->root}/lib", 0700, true);
    }

    protected function tearDown(): void
    {
        exec('rm -r ' . escapeshellarg($this->root));
    }

    /** @return array<string, string> the daemon's settings but those of its life */
    private function environment(?string $json): array
    {
        $json === null || file_put_contents("{$this->root}/parallite.json", $json);
        $environment = Configuration::of($this->root)->environment();
        unset($environment['PARALLITE_IDLE_SHUTDOWN_MS'], $environment['PARALLITE_IDLE_SHUTDOWN_CONNECTIONS']);
        return $environment;
    }

    public function testDefaultsAreTheGoClients(): void
    {
        self::assertSame(self::DEFAULTS, $this->environment(null));
        self::assertSame(self::DEFAULTS, $this->environment('{"php_includes": []}'));
        self::assertSame(self::DEFAULTS, $this->environment('no JSON'), 'of which the daemon will complain');
    }

    public function testGoOverridesAreSettingsOfTheDaemon(): void
    {
        self::assertSame(
            [
                'PARALLITE_TIMEOUT_MS' => '5000',
                'PARALLITE_FIXED_WORKERS' => '0',
                'PARALLITE_PREFIX_NAME' => 'my-app',
                'PARALLITE_FAIL_MODE' => 'stop',
                'PARALLITE_MAX_PAYLOAD_BYTES' => '2048',
            ],
            $this->environment('{"go_overrides": {"timeout_ms": 5000, "fixed_workers": 0, "prefix_name": "my-app",
                "fail_mode": "stop", "max_payload_bytes": 2048, "unknown": 1}}'),
        );
    }

    public function testWhatGoOverridesCannotMeanHasNoEffect(): void
    {
        self::assertSame(self::DEFAULTS, $this->environment('{"go_overrides": {"timeout_ms": 999, "fixed_workers": "4",
            "prefix_name": "with a space", "fail_mode": "never", "max_payload_bytes": 1000000000}}'));
        self::assertSame(self::DEFAULTS, $this->environment('{"go_overrides": 7}'));
    }

    public function testSettingsBesideGoOverridesAreTheDaemonsOwn(): void
    {
        self::assertSame(
            ['PARALLITE_FIXED_WORKERS' => '3'] + array_diff_key(self::DEFAULTS, ['PARALLITE_TIMEOUT_MS' => 0]),
            array_replace(
                ['PARALLITE_FIXED_WORKERS' => ''],
                $this->environment('{"timeout_ms": 30000, "fixed_workers": 2, "go_overrides": {"fixed_workers": 3}}'),
            ),
        );
    }

    public function testVariablesOfTheEnvironmentArePreferred(): void
    {
        putenv('PARALLITE_TIMEOUT_MS=7000');
        try {
            self::assertArrayNotHasKey('PARALLITE_TIMEOUT_MS', $this->environment('{"go_overrides": {"timeout_ms": 5000}}'));
        } finally {
            putenv('PARALLITE_TIMEOUT_MS');
        }
    }

    public function testWorkerScriptThatDoesNotExistIsThePackages(): void
    {
        $script = $this->environment('{"worker_script": "src/Support/parallite-worker.php"}')['PARALLITE_WORKER_SCRIPT'];
        self::assertFileExists($script);
        self::assertStringContainsString('@parallite-transport socket', (string) file_get_contents($script));

        touch("{$this->root}/lib/worker.php");
        self::assertSame(self::DEFAULTS, $this->environment('{"worker_script": "lib/worker.php"}'), 'the daemon finds it');
        self::assertSame(self::DEFAULTS, $this->environment("{\"worker_script\": \"{$this->root}/lib/worker.php\"}"));
    }

    public function testClosuresForAScriptThatRebuildsThemWithOpisArePackedByIt(): void
    {
        file_put_contents("{$this->root}/lib/worker.php", '<?php // \Opis\Closure\unserialize($payload)');
        self::assertNull(Configuration::of($this->root)->codec());
        $this->environment('{"worker_script": "lib/worker.php"}');
        $expected = match (true) {
            Opis4Codec::isInstalled() => Opis4Codec::class,
            Opis3Codec::isInstalled() => Opis3Codec::class,
            default => self::markTestSkipped('opis/closure is not installed'),
        };

        self::assertInstanceOf($expected, Configuration::of($this->root)->codec());
    }

    public function testFileOfAnotherUserIsNotObeyed(): void
    {
        $this->environment('{}');
        Configuration::of($this->root)->check();
        chmod("{$this->root}/parallite.json", 0666);

        $this->expectException(DaemonNotRunning::class);
        $this->expectExceptionMessageMatches('/parallite\.json is not obeyed/');
        Configuration::of($this->root)->check();
    }
}
