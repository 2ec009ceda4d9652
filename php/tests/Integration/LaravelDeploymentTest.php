<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Tests\Support\LaravelApplication;
use B7s\Parallite\Tests\Support\PhpScript;
use PHPUnit\Framework\TestCase;

/**
 * An application that is deployed release by release, behind a symbolic link, beside a daemon that goes on.
 */
final class LaravelDeploymentTest extends TestCase
{
    private string $root = '';

    private ?LaravelApplication $application = null;

    protected function setUp(): void
    {
        if (LaravelApplication::framework() === null) {
            self::markTestSkipped('there is no Laravel to test with; deploy/tools-for-tests brings one');
        }
        $this->root = (string) realpath(sys_get_temp_dir()) . '/pl-' . bin2hex(random_bytes(4));
        mkdir("{$this->root}/releases", 0700, true);
        mkdir("{$this->root}/shared/storage", 0700, true);
        $this->deploy('1', "SHOP=one\nGIVEN=file\n");
    }

    protected function tearDown(): void
    {
        if ($this->application !== null) {
            $this->artisan('parallite:stop');
            self::shell('rm', '-r', $this->root);
        }
    }

    /** Makes a release, and switches the link to it. Its storage is that of all releases. */
    private function deploy(string $release, string $environment): void
    {
        $directory = "{$this->root}/releases/$release";
        $this->application = new LaravelApplication($directory, $environment);
        $package = dirname(__DIR__, 2);
        $installed = "$directory/vendor/b7s/parallite-php";
        mkdir($installed, 0700, true);
        $files = ["$package/src", "$package/config", "$package/autoload.php", "$package/parallite-worker.php"];
        self::shell('cp', '-R', ...[...$files, $installed]);
        self::shell('cp', '-R', "$directory/storage/.", "{$this->root}/shared/storage");
        self::shell('rm', '-r', "$directory/storage");
        symlink("{$this->root}/shared/storage", "$directory/storage");
        $this->switchTo($release);
    }

    private static function shell(string ...$words): void
    {
        exec(implode(' ', array_map(escapeshellarg(...), $words)), $output, $exitCode);
        self::assertSame(0, $exitCode, implode("\n", $output));
    }

    private function switchTo(string $release): void
    {
        symlink("releases/$release", "{$this->root}/next");
        rename("{$this->root}/next", "{$this->root}/current");
    }

    /** As a supervisor runs it: in the directory that it has changed to, and without a word about the way there. */
    private function artisan(string ...$arguments): PhpScript
    {
        $environment = ['GIVEN' => 'environment', 'PWD' => '/'];
        return $this->application?->php('artisan', $arguments, $environment, "{$this->root}/current")
            ?? self::fail('nothing is deployed');
    }

    /** @return array{?string, ?string, string, string} */
    private function task(): array
    {
        return $this->application?->scenario('release', "{$this->root}/current");
    }

    public function testTasksSeeTheReleaseAndTheEnvironmentThatAreThereAfterAReload(): void
    {
        $php = realpath(PHP_BINARY);
        $start = $this->artisan('parallite:start', '--detach');
        self::assertSame(0, $start->exitCode, $start->output);
        self::assertSame(['one', 'environment', "{$this->root}/releases/1", $php], $this->task());

        file_put_contents("{$this->root}/releases/1/.env", "SHOP=changed\nGIVEN=file\n");
        self::assertStringContainsString('1 workers were replaced', $this->artisan('parallite:reload')->output);
        self::assertSame(['changed', 'environment', "{$this->root}/releases/1", $php], $this->task());

        $this->deploy('2', "SHOP=two\n");
        self::assertSame('changed', $this->task()[0], 'until it is told');
        self::assertSame(0, $this->artisan('parallite:reload')->exitCode);
        self::shell('rm', '-r', "{$this->root}/releases/1");
        self::assertSame(['two', 'environment', "{$this->root}/releases/2", $php], $this->task());
        self::assertSame(0, $this->artisan('parallite:reload')->exitCode, 'with the first release gone');
        self::assertSame('two', $this->task()[0]);
    }

    public function testReleaseThatDoesNotBootChangesNothing(): void
    {
        $this->artisan('parallite:start', '--detach');
        $this->deploy('2', "SHOP=two\n");
        $config = "{$this->root}/releases/2/config/app.php";
        $breaks = 'class_exists(B7s\Parallite\Worker\WorkerMain::class, false) && throw new Exception("half a release");';
        file_put_contents($config, "<?php $breaks" . substr((string) file_get_contents($config), 5));
        $reload = $this->artisan('parallite:reload');

        self::assertSame(1, $reload->exitCode);
        self::assertStringContainsString('half a release', $reload->output);
        self::assertSame('one', $this->task()[0]);
    }

    public function testLogIsAppendedToAndPutAsideWhenItIsLong(): void
    {
        $log = "{$this->root}/shared/storage/logs/parallite.log";
        file_put_contents($log, "before\n");
        $this->artisan('parallite:start', '--detach');
        $this->artisan('parallite:stop');
        self::assertMatchesRegularExpression('/\Abefore\n.*accepts connections/s', (string) file_get_contents($log));

        file_put_contents($log, str_repeat(str_repeat('x', 1023) . "\n", 10 << 10));
        file_put_contents("$log.1", "older\n");
        $this->artisan('parallite:start', '--detach');
        $this->artisan('parallite:stop');
        clearstatcache();
        self::assertSame(10 << 20, filesize("$log.1"));
        self::assertSame("older\n", file_get_contents("$log.2"));
        self::assertStringContainsString('accepts connections', (string) file_get_contents($log));
    }
}
