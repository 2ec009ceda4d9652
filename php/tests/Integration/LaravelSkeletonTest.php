<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Tests\Support\LaravelApplication;
use B7s\Parallite\Tests\Support\PhpScript;
use PHPUnit\Framework\TestCase;

/**
 * A new application of Laravel 13, as Composer installs it, which then requires the package. The framework is that of the
 * distribution, in a directory that Composer takes for laravel/framework; no repository is on the network.
 */
final class LaravelSkeletonTest extends TestCase
{
    private const PACKAGE = __DIR__ . '/../..';

    private string $directory = '';

    protected function setUp(): void
    {
        if (PHP_VERSION_ID < 80300 || LaravelApplication::framework() === null) {
            self::markTestSkipped('Laravel 13 is not here; deploy/tools-for-tests brings it, with a PHP that runs it');
        }
        $this->directory = (string) realpath(sys_get_temp_dir()) . '/pl-' . bin2hex(random_bytes(4));
        mkdir($this->directory, 0700);
        $this->makeFramework();
        self::shell('cp', '-R', self::PACKAGE . '/tests/skeleton', "{$this->directory}/shop");
        foreach (['bootstrap/cache', 'storage/framework/views', 'storage/logs'] as $name) {
            mkdir("{$this->directory}/shop/$name", 0700, true);
        }
        file_put_contents("{$this->directory}/shop/.env", "APP_NAME=Shop\nAPP_KEY=\nCONCURRENCY_DRIVER=parallite\n");
        $this->composer('config', 'repositories.packagist.org', 'false');
        $this->composer('config', 'repositories.framework', 'path', '../framework');
        $this->composer('install');
        $this->artisan('key:generate');
    }

    protected function tearDown(): void
    {
        if ($this->directory !== '') {
            self::shell('rm', '-r', $this->directory);
        }
    }

    private function makeFramework(): void
    {
        $files = (string) LaravelApplication::framework();
        $directory = "{$this->directory}/framework";
        mkdir($directory);
        symlink("$files/Illuminate", "$directory/Illuminate");
        file_put_contents("$directory/autoload.php", '<?php set_include_path(' . var_export($files, true)
            . ' . PATH_SEPARATOR . get_include_path()); require_once "Illuminate/autoload.php";');
        file_put_contents("$directory/composer.json", json_encode([
            'name' => 'laravel/framework',
            'version' => '13.0.0',
            'autoload' => ['psr-4' => ['Illuminate\\' => 'Illuminate/'], 'files' => ['autoload.php']],
        ]));
    }

    private static function shell(string ...$words): string
    {
        exec(implode(' ', array_map(escapeshellarg(...), $words)) . ' 2>&1', $output, $exitCode);
        self::assertSame(0, $exitCode, implode("\n", $output));
        return implode("\n", $output);
    }

    /** Composer runs on the PHP that it was packaged with, and its scripts on this one. */
    private function composer(string ...$arguments): string
    {
        $composer = trim((string) shell_exec('command -v composer'));
        $php = dirname($composer) . '/php';
        if ($composer === '' || !is_executable($php)) {
            self::markTestSkipped('composer is not here, beside the PHP that runs it');
        }
        return self::shell('env', '-C', "{$this->directory}/shop", "COMPOSER_HOME={$this->directory}/composer",
            'COMPOSER_ALLOW_SUPERUSER=1', 'PHP_BINARY=' . PHP_BINARY,
            $php, '-d', 'error_reporting=' . (E_ALL & ~E_DEPRECATED), $composer, '--no-interaction', ...$arguments);
    }

    private function artisan(string ...$arguments): string
    {
        $run = PhpScript::file('artisan', $arguments, [
            'PARALLITE_SOCKET' => null,
            'PARALLITE_FIXED_WORKERS' => null,
            'PARALLITE_MAX_WORKERS' => null,
        ], "{$this->directory}/shop");
        self::assertSame(0, $run->exitCode, $run->output);
        return $run->output;
    }

    /** @return array<string, array{list<string>}> */
    public static function repositories(): array
    {
        return ['a copy of a directory' => [['path', (string) realpath(self::PACKAGE)]], 'git' => [['vcs', '../split']]];
    }

    /**
     * @param array{string, string} $repository
     * @dataProvider repositories
     */
    public function testRunsTasksOnceThePackageIsRequired(array $repository): void
    {
        if ($repository[0] === 'vcs') {
            $this->makeSplit();
        }
        [$type, $url] = $repository;
        $this->composer('config', 'repositories.parallite', (string) json_encode(
            ['type' => $type, 'url' => $url] + ($type === 'path' ? ['options' => ['symlink' => false]] : []),
        ));
        $said = $this->composer('require', 'b7s/parallite-php');
        self::assertStringContainsString('Discovering packages', $said);
        self::assertFalse(is_link("{$this->directory}/shop/vendor/b7s/parallite-php"));
        self::assertStringContainsString('NOT RUNNING (php artisan parallite:start)', $this->artisan('about'));

        self::assertStringContainsString('listens at', $this->artisan('parallite:start', '--detach'));
        try {
            self::assertStringContainsString('{"price":4.5,"name":"Shop","elsewhere":true}', $this->artisan('shop:report'));
            $this->artisan('vendor:publish', '--tag=parallite-config');
            self::assertFileExists("{$this->directory}/shop/config/parallite.php");
            self::assertStringContainsString('workers were replaced', $this->artisan('parallite:reload'));
            self::assertStringContainsString('"price":4.5', $this->artisan('shop:report'));
        } finally {
            self::assertStringContainsString('has ended', $this->artisan('parallite:stop'));
        }
    }

    /** The package as a repository of its own, which the release pushes. */
    private function makeSplit(): void
    {
        if (trim((string) shell_exec('command -v git')) === '') {
            self::markTestSkipped('git is not here');
        }
        $split = "{$this->directory}/split";
        mkdir($split);
        foreach (['bin', 'config', 'src', 'autoload.php', 'composer.json', 'parallite-worker.php'] as $name) {
            self::shell('cp', '-R', self::PACKAGE . "/$name", $split);
        }
        $git = ['git', '-C', $split, '-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'init.defaultBranch=main'];
        self::shell(...$git, ...['init', '-q']);
        self::shell(...$git, ...['add', '-A']);
        self::shell(...$git, ...['commit', '-qm', 'release']);
        self::shell(...$git, ...['tag', 'v1.0.0']);
    }
}
