<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Tests\Support\PhpScript;
use PHPUnit\Framework\TestCase;

/**
 * Projects that Composer has made, offline, and the daemons that their programs start.
 */
final class ComposerProjectTest extends TestCase
{
    private const PACKAGE = __DIR__ . '/../..';

    private static string $composer = '';

    private string $directory = '';

    public static function setUpBeforeClass(): void
    {
        self::$composer = trim((string) shell_exec('command -v composer'));
        if (self::$composer === '') {
            self::markTestSkipped('composer is not installed');
        }
    }

    protected function setUp(): void
    {
        // a short path: there are sockets below it
        $this->directory = sys_get_temp_dir() . '/pl-' . bin2hex(random_bytes(4));
        mkdir($this->directory, 0700);
    }

    protected function tearDown(): void
    {
        exec('rm -r ' . escapeshellarg($this->directory));
    }

    public function testProgramsForTheGoDaemonRunUnchangedInAProjectThatRequiresThePackage(): void
    {
        $said = $this->project([
            'require' => ['parallite/parallite-php' => '^1.2'],
            'scripts' => [
                'post-install-cmd' => [
                    '@php vendor/parallite/parallite-php/bin/parallite-install',
                    'Parallite\Installer::postInstall',
                ],
                'post-update-cmd' => ['@php vendor/parallite/parallite-php/bin/parallite-update --force'],
            ],
        ], isCopied: true);

        self::assertStringContainsString('Parallite: nothing is downloaded; programs use the daemon', $said);
        self::assertDirectoryExists("{$this->directory}/vendor/parallite/parallite-php/src");
        $this->assertProgramsRun();
    }

    public function testTheSameWhereThePackageIsASymbolicLink(): void
    {
        $this->project(['require' => ['parallite/parallite-php' => '^1.2']], isCopied: false);

        self::assertTrue(is_link("{$this->directory}/vendor/parallite/parallite-php"));
        $this->assertProgramsRun();
    }

    public function testTheSameWhereThePackageIsTheRoot(): void
    {
        $this->copy('/compat/.', $this->directory);
        $this->copy('/tests/project/.', $this->directory);
        $manifest = json_decode((string) file_get_contents("{$this->directory}/composer.json"), true);
        unset($manifest['repositories']);
        $this->install(array_merge_recursive($manifest, [
            'autoload' => ['psr-4' => ['App\\' => 'app/'], 'files' => ['app/functions.php']],
            'scripts' => ['post-install-cmd' => ['php bin/parallite-install']],
        ]), isCopied: true);

        $this->assertProgramsRun();
    }

    public function testNamesOfFunctionsBelongToAProjectThatUsesTheNativeClient(): void
    {
        $this->project([
            'require' => ['b7s/parallite-php' => '^1.0'],
            'autoload' => ['files' => ['own-functions.php']],
        ], isCopied: true);

        self::assertSame(
            ['pd of the project, here', 'pd of the project, there', 'async of the project, there'],
            $this->program('native.php'),
        );
    }

    private function assertProgramsRun(): void
    {
        self::assertEquals(
            [
                'converted' => ['EUR' => 100, 'USD' => 108, 'GBP' => 86],
                'order' => [
                    'number' => 4711,
                    'placed' => ['_type' => 'datetime', 'value' => '2024-02-29T12:00:00+00:00', 'timezone' => 'UTC'],
                ],
                'invoice' => ['net' => 100, 'lines' => [3 => 'pen', 7 => 'ink'], 'unknown' => null, 'gross' => 119],
                'failed' => 'LATER',
                'mixed' => ['as it is' => 1, 'task' => 'Good morning, Ada'],
                'log' => ['invoice', 'Task failed (awaitTask): the bank does not answer'],
            ],
            $this->program('orders.php'),
        );
        self::assertSame(
            [
                'reversed' => 'cba',
                'measured' => ['execution_time_ms', 'memory_delta_mb', 'memory_peak_mb', 'cpu_time_ms'],
                'dumped' => true,
                'all' => [1, ['two' => 2], 3.0],
                'messages' => [
                    'No future or socket provided',
                    'Task failed (awaitTask): no',
                    'Failed to connect to daemon at:',
                ],
            ],
            $this->program('client.php'),
        );
        self::assertSame([], glob("{$this->directory}/*.sock"), 'daemons and their sockets are gone');
    }

    /**
     * Makes a project of the programs, and installs what it requires.
     *
     * @param array<string, mixed> $manifest added to its composer.json
     * @return string what Composer printed
     */
    private function project(array $manifest, bool $isCopied): string
    {
        $this->copy('/tests/project/.', $this->directory);
        return $this->install(array_merge_recursive([
            'name' => 'app/orders',
            'autoload' => ['psr-4' => ['App\\' => 'app/'], 'files' => ['app/functions.php']],
        ], $manifest), $isCopied);
    }

    /** @param array<string, mixed> $manifest */
    private function install(array $manifest, bool $isCopied): string
    {
        $path = static fn(string $directory): array => [
            'type' => 'path',
            'url' => (string) realpath(self::PACKAGE . $directory),
            'options' => ['symlink' => !$isCopied],
        ];
        $manifest['repositories'] = [$path(''), $path('/compat'), ['packagist' => false]];
        file_put_contents("{$this->directory}/composer.json", json_encode($manifest, JSON_THROW_ON_ERROR));
        $run = PhpScript::file(
            self::$composer,
            ['install', '--no-interaction', '--no-progress'],
            [
                'COMPOSER_HOME' => "{$this->directory}/.composer",
                'COMPOSER_DISABLE_NETWORK' => '1',
                'COMPOSER_ALLOW_SUPERUSER' => '1',
                'COMPOSER_ROOT_VERSION' => '1.2.0',
            ],
            $this->directory,
            ['-d', 'error_reporting=' . (E_ALL & ~E_DEPRECATED)],
        );
        self::assertSame(0, $run->exitCode, $run->output);
        return $run->output;
    }

    private function program(string $name): mixed
    {
        $run = PhpScript::file("{$this->directory}/$name", [], [
            'PARALLITE_SOCKET' => null,
            'PARALLITE_FIXED_WORKERS' => null,
            'PARALLITE_MAX_WORKERS' => null,
            'XDG_RUNTIME_DIR' => null,
            'TMPDIR' => $this->directory,
        ], $this->directory);
        self::assertSame(0, $run->exitCode, $run->output);
        return json_decode($run->output, true, 512, JSON_THROW_ON_ERROR);
    }

    private function copy(string $what, string $to): void
    {
        exec('cp -R ' . escapeshellarg(self::PACKAGE . $what) . ' ' . escapeshellarg($to));
    }
}
