<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Daemon\Binary;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Exception\InstallFailed;
use B7s\Parallite\Install\Release;
use B7s\Parallite\Worker\WorkerMain;
use PHPUnit\Framework\TestCase;

/**
 * `vendor/bin/parallite install` against a real HTTP server, which has a small script in the place of the daemon.
 */
final class InstallTest extends TestCase
{
    private const COMMAND = __DIR__ . '/../../bin/parallite';

    private string $directory;

    private string $installed;

    private string $path;

    /** @var resource|null */
    private mixed $server = null;

    protected function setUp(): void
    {
        exec('for program in tar gzip rm; do command -v $program; done', $programs);
        if (PHP_OS_FAMILY !== 'Linux' || count($programs) < 3) {
            self::markTestSkipped('needs Linux, tar and gzip');
        }
        $this->directory = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir("{$this->directory}/releases", 0700, true);
        mkdir("{$this->directory}/project");
        $this->installed = "{$this->directory}/cache/parallite/" . WorkerMain::VERSION;
        mkdir("{$this->directory}/path");
        foreach ($programs as $program) { // and no daemon that the machine may have
            symlink($program, "{$this->directory}/path/" . basename($program));
        }
        $this->path = (string) getenv('PATH');
        putenv("PATH={$this->directory}/path");
        $this->release('echo "daemon $*"');
        putenv("XDG_CACHE_HOME={$this->directory}/cache");
        putenv("RELEASE_DIRECTORY={$this->directory}/releases");
        putenv("RELEASE_REQUESTS={$this->directory}/requests");
        putenv('PARALLITE_BIN');
    }

    protected function tearDown(): void
    {
        if (!isset($this->path)) {
            return;
        }
        putenv("PATH={$this->path}");
        if ($this->server !== null) {
            proc_terminate($this->server);
            proc_close($this->server);
        }
        foreach (['XDG_CACHE_HOME', 'RELEASE_DIRECTORY', 'RELEASE_REQUESTS', 'PARALLITE_RELEASES'] as $name) {
            putenv($name);
        }
        exec('rm -rf ' . escapeshellarg($this->directory));
    }

    /** Packs a release whose daemon is this shell script. */
    private function release(string $script): void
    {
        $release = Release::forThisMachine();
        $top = "{$this->directory}/{$release->name()}";
        mkdir("$top/bin", 0700, true);
        file_put_contents("$top/bin/parallite", "#!/bin/sh\n$script\n");
        file_put_contents("$top/ballast", random_bytes(300_000));
        chmod("$top/bin/parallite", 0755);
        $archive = "{$this->directory}/releases/{$release->archive()}";
        exec(sprintf('tar -czf %s -C %s %s', escapeshellarg($archive), escapeshellarg($this->directory), $release->name()));
        file_put_contents("{$this->directory}/releases/SHA256SUMS", str_repeat('0', 64) . "  another.tar.gz\n"
            . hash_file('sha256', $archive) . "  {$release->archive()}\n");
    }

    /** Starts the server; gives its URL. */
    private function serve(): string
    {
        $probe = stream_socket_server('tcp://127.0.0.1:0');
        $address = stream_socket_get_name($probe, false);
        fclose($probe);
        $this->server = proc_open(
            [PHP_BINARY, '-S', $address, __DIR__ . '/../Support/release-server.php'],
            [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'], ['file', '/dev/null', 'w']],
            $pipes,
        );
        do {
            usleep(5_000);
            self::assertTrue(proc_get_status($this->server)['running'], 'the server ended');
            $connection = @stream_socket_client("tcp://$address");
        } while ($connection === false);
        fclose($connection);
        return "http://$address";
    }

    /**
     * @param string $before what the shell does first
     * @return array{int, string, string} exit code and what it printed, standard output and error apart
     */
    private function command(string $arguments, string $before = ''): array
    {
        $errors = "{$this->directory}/errors-" . bin2hex(random_bytes(4));
        $output = [];
        exec(sprintf(
            'cd %s && %s %s %s %s 2>%s',
            escapeshellarg("{$this->directory}/project"),
            $before,
            escapeshellarg(PHP_BINARY),
            escapeshellarg(self::COMMAND),
            $arguments,
            escapeshellarg($errors),
        ), $output, $exitCode);
        return [$exitCode, implode("\n", $output), (string) file_get_contents($errors)];
    }

    /** Nothing of a failed attempt is left, and the next one works. */
    private function assertNothingIsLeft(): void
    {
        self::assertSame([], glob("{$this->installed}*/*") ?: []);
        putenv("PARALLITE_RELEASES={$this->directory}/releases");
        self::assertSame(0, $this->command('install')[0]);
    }

    public function testInstallsFromAMirrorAndRunsTheDaemonFromThenOn(): void
    {
        putenv('PARALLITE_RELEASES=' . $this->serve() . '/whole/');

        [$exitCode, $output, $errors] = $this->command('install');

        self::assertSame(0, $exitCode, $errors);
        self::assertSame("{$this->installed}/bin/parallite", $output);
        self::assertStringContainsString('/whole/' . Release::forThisMachine()->archive(), $errors);
        self::assertSame([0, 'daemon status --json', ''], $this->command('status --json'));
        self::assertSame("{$this->installed}/bin/parallite", Binary::find("{$this->directory}/project"));

        $requests = file_get_contents("{$this->directory}/requests");
        self::assertSame([0, "{$this->installed}/bin/parallite", ''], $this->command('install'));
        self::assertSame($requests, file_get_contents("{$this->directory}/requests"), 'it is there already');
    }

    public function testFollowsARedirect(): void
    {
        putenv('PARALLITE_RELEASES=' . $this->serve() . '/moved');

        self::assertSame(0, $this->command('install')[0]);
    }

    public function testTakesADirectoryForTheReleases(): void
    {
        putenv("PARALLITE_RELEASES={$this->directory}/releases");

        self::assertSame(0, $this->command('install')[0]);
    }

    public function testGoesThroughTheProxyOfTheEnvironment(): void
    {
        $proxy = $this->serve();
        putenv('PARALLITE_RELEASES=http://releases.invalid/whole');

        self::assertSame(0, $this->command('install', "http_proxy=$proxy no_proxy=other.invalid")[0]);

        exec('rm -rf ' . escapeshellarg($this->installed));
        self::assertSame(1, $this->command('install', "http_proxy=$proxy no_proxy=.invalid")[0]);
    }

    public function testRefusesWhatHasAnotherChecksum(): void
    {
        $archive = "{$this->directory}/releases/" . Release::forThisMachine()->archive();
        $whole = (string) file_get_contents($archive);
        file_put_contents($archive, substr($whole, 0, -1) . '!');
        putenv('PARALLITE_RELEASES=' . $this->serve() . '/whole');

        [$exitCode, $output, $errors] = $this->command('install');

        self::assertSame([1, ''], [$exitCode, $output]);
        self::assertStringContainsString('its SHA-256 is ' . hash_file('sha256', $archive), $errors);
        file_put_contents($archive, $whole);
        $this->assertNothingIsLeft();
    }

    public function testRefusesADownloadThatIsCutOff(): void
    {
        putenv('PARALLITE_RELEASES=' . $this->serve() . '/cut');

        [$exitCode, , $errors] = $this->command('install');

        self::assertSame(1, $exitCode);
        self::assertMatchesRegularExpression('/was cut off after \d+ of \d+ bytes; try again/', $errors);
        $this->assertNothingIsLeft();
    }

    public function testSaysWhenThereIsNoRoom(): void
    {
        putenv("PARALLITE_RELEASES={$this->directory}/releases");

        [$exitCode, , $errors] = $this->command('install', "trap '' XFSZ; ulimit -f 100;"); // blocks: less than the ballast

        self::assertSame(1, $exitCode);
        self::assertStringContainsString('cannot be written: File too large', $errors);
        $this->assertNothingIsLeft();
    }

    public function testSaysWhenThereIsNoNetwork(): void
    {
        putenv('PARALLITE_RELEASES=http://127.0.0.1:1');

        [$exitCode, , $errors] = $this->command('install');

        self::assertSame(1, $exitCode);
        self::assertStringContainsString('http://127.0.0.1:1/SHA256SUMS cannot be fetched: Connection refused', $errors);
        self::assertStringContainsString('PARALLITE_RELEASES', $errors);
        $this->assertNothingIsLeft();
    }

    public function testSaysWhenTheReleaseLacksIt(): void
    {
        $url = $this->serve();
        putenv("PARALLITE_RELEASES=$url/whole");
        unlink("{$this->directory}/releases/" . Release::forThisMachine()->archive());

        self::assertStringContainsString('404', $this->command('install')[2]);

        file_put_contents("{$this->directory}/releases/SHA256SUMS", '');
        self::assertStringContainsString("$url/whole/SHA256SUMS does not have", $this->command('install')[2]);
    }

    public function testSaysWhenTheCacheCannotBeWritten(): void
    {
        touch("{$this->directory}/cache");

        [$exitCode, , $errors] = $this->command('install');

        self::assertSame(1, $exitCode);
        self::assertStringContainsString('XDG_CACHE_HOME', $errors);
    }

    public function testOfTwoAtOnceOneFetchesItForBoth(): void
    {
        putenv('PARALLITE_RELEASES=' . $this->serve() . '/whole');
        $installs = [];
        for ($i = 0; $i < 4; $i++) {
            $installs[] = popen(escapeshellarg(PHP_BINARY) . ' ' . escapeshellarg(self::COMMAND) . ' install 2>&1', 'r');
        }

        $outputs = array_map(stream_get_contents(...), $installs);

        self::assertSame([0, 0, 0, 0], array_map(pclose(...), $installs), implode("\n", $outputs));
        $requests = file("{$this->directory}/requests", FILE_IGNORE_NEW_LINES) ?: [];
        self::assertSame(['/whole/SHA256SUMS', '/whole/' . Release::forThisMachine()->archive()], $requests);
    }

    public function testAnAttemptThatWasKilledIsForgotten(): void
    {
        mkdir("{$this->installed}.new/half", 0700, true);
        mkdir("{$this->installed}/bin", 0700, true);
        file_put_contents("{$this->installed}.new/half/file", 'half');
        putenv("PARALLITE_RELEASES={$this->directory}/releases");

        self::assertSame(0, $this->command('install')[0]);
        self::assertDirectoryDoesNotExist("{$this->installed}.new");
    }

    public function testNothingIsInstalledUnasked(): void
    {
        putenv('PARALLITE_RELEASES=' . $this->serve() . '/whole');

        [$exitCode, , $errors] = $this->command('status');
        self::assertSame(69, $exitCode);
        self::assertStringContainsString('vendor/bin/parallite install', $errors);
        foreach (['{}', '{"extra": {"parallite": {"install": "yes"}}}', 'no JSON'] as $composer) {
            file_put_contents("{$this->directory}/project/composer.json", $composer);
            try {
                Binary::get("{$this->directory}/project");
                self::fail('found one');
            } catch (DaemonNotRunning $e) {
                self::assertStringContainsString('vendor/bin/parallite install', $e->getMessage());
            }
        }
        self::assertFileDoesNotExist("{$this->directory}/requests");

        file_put_contents("{$this->directory}/project/composer.json", '{"extra": {"parallite": {"install": true}}}');
        self::assertSame("{$this->installed}/bin/parallite", Binary::get("{$this->directory}/project"));
    }

    public function testItsOwnCommandIsNoDaemon(): void
    {
        mkdir("{$this->directory}/project/vendor/bin", 0700, true);
        copy(self::COMMAND, "{$this->directory}/project/vendor/bin/parallite");
        chmod("{$this->directory}/project/vendor/bin/parallite", 0755);
        putenv("PARALLITE_RELEASES={$this->directory}/releases");
        $this->command('install');

        self::assertSame("{$this->installed}/bin/parallite", Binary::find("{$this->directory}/project"));
    }

    public function testTheExitCodeIsTheDaemons(): void
    {
        exec('rm -rf ' . escapeshellarg("{$this->directory}/" . Release::forThisMachine()->name()));
        $this->release('echo "$1"; exit 78');
        putenv("PARALLITE_RELEASES={$this->directory}/releases");
        $this->command('install');

        self::assertSame([78, 'a b', ''], $this->command("'a b'"));
    }

    /** @dataProvider machines */
    public function testAReleaseIsForAPlatform(string $family, string $machine, string $platform): void
    {
        self::assertSame($platform, Release::platform($family, $machine));
    }

    public static function machines(): array
    {
        return [
            ['Linux', 'x86_64', 'linux-x86_64'],
            ['Linux', 'aarch64', 'linux-aarch64'],
            ['Darwin', 'arm64', 'macos-aarch64'],
            ['Windows', 'AMD64', 'windows-x86_64'],
        ];
    }

    public function testWhereThereIsNoneItSaysWhatToDo(): void
    {
        foreach ([['Linux', 'riscv64'], ['BSD', 'amd64']] as [$family, $machine]) {
            try {
                Release::platform($family, $machine);
                self::fail("$family $machine");
            } catch (InstallFailed $e) {
                self::assertStringContainsString('PARALLITE_BIN', $e->getMessage());
            }
        }
    }
}
