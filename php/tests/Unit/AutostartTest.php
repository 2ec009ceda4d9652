<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Client;
use B7s\Parallite\Daemon\Autostart;
use B7s\Parallite\Daemon\Binary;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Worker\WorkerMain;
use PHPUnit\Framework\TestCase;

/**
 * A daemon started by clients, with a script in the place of the daemon.
 */
final class AutostartTest extends TestCase
{
    private string $directory;

    private string $notes;

    protected function setUp(): void
    {
        $this->directory = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir("{$this->directory}/project/deep/down", 0700, true);
        mkdir("{$this->directory}/runtime", 0700);
        $this->notes = "{$this->directory}/notes";
        putenv("FAKE_PARALLITE_NOTES={$this->notes}");
        putenv("XDG_RUNTIME_DIR={$this->directory}/runtime");
        putenv("XDG_CACHE_HOME={$this->directory}/cache");
    }

    protected function tearDown(): void
    {
        foreach ($this->started() as $daemon) {
            posix_kill($daemon['pid'], SIGKILL);
        }
        foreach (['XDG_RUNTIME_DIR', 'XDG_CACHE_HOME', ...preg_grep('/^FAKE_/', array_keys(getenv()))] as $name) {
            putenv($name);
        }
        exec('rm -rf ' . escapeshellarg($this->directory));
    }

    /** @param array<string, scalar> $settings */
    private function client(string $project = 'project', array $settings = []): Client
    {
        $autostart = new Autostart(
            "{$this->directory}/$project",
            idleShutdown: 30.0,
            binary: dirname(__DIR__) . '/Support/noting-parallite',
            settings: $settings,
            timeout: 10.0,
        );
        return new Client(autostart: $autostart);
    }

    /** @return list<array<string, mixed>> */
    private function started(): array
    {
        $lines = is_file($this->notes) ? file($this->notes) : [];
        return array_map(static fn(string $line): array => json_decode($line, true), $lines ?: []);
    }

    public function testStartsADaemonForTheProject(): void
    {
        file_put_contents("{$this->directory}/project/parallite.json", '{"fixed_workers": 2}');
        $watched = tempnam($this->directory, 'open');
        putenv("FAKE_PARALLITE_WATCHED=$watched");
        $inherited = fopen($watched, 'r');

        $pid = $this->client(settings: ['max_workers' => 7, 'enable_benchmark' => true])->ping()['pid'];

        [$daemon] = $this->started();
        self::assertSame($pid, $daemon['pid']);
        self::assertSame("{$this->directory}/project", $daemon['cwd']);
        self::assertSame("{$this->directory}/project/parallite.json", $daemon['options']['--config']);
        self::assertSame('30000', $daemon['environment']['PARALLITE_IDLE_SHUTDOWN_MS']);
        self::assertSame('7', $daemon['environment']['PARALLITE_MAX_WORKERS']);
        self::assertSame('true', $daemon['environment']['PARALLITE_ENABLE_BENCHMARK']);
        self::assertSame($daemon['pid'], $daemon['sid'], 'a session of its own');
        self::assertSame([], $daemon['descriptors'], 'and no file of this process');
        fclose($inherited);
    }

    public function testAllProcessesOfTheProjectShareOne(): void
    {
        $children = [];
        for ($i = 0; $i < 6; $i++) {
            $code = sprintf(
                'require %s; echo (new B7s\Parallite\Client(autostart: new B7s\Parallite\Daemon\Autostart(%s, '
                    . 'binary: %s)))->ping()["pid"];',
                var_export(dirname(__DIR__, 2) . '/autoload.php', true),
                var_export("{$this->directory}/project", true),
                var_export(dirname(__DIR__) . '/Support/noting-parallite', true),
            );
            $children[] = popen(PHP_BINARY . ' -r ' . escapeshellarg($code) . ' 2>&1', 'r');
        }
        $pids = array_map(stream_get_contents(...), $children);
        array_map(pclose(...), $children);

        self::assertCount(1, $this->started());
        self::assertSame([(string) $this->started()[0]['pid']], array_values(array_unique($pids)));
        self::assertSame($this->started()[0]['pid'], $this->client()->ping()['pid'], 'found again');
    }

    public function testOtherProjectsHaveOthers(): void
    {
        mkdir("{$this->directory}/other");

        self::assertNotSame($this->client()->ping()['pid'], $this->client('other')->ping()['pid']);
        self::assertCount(2, $this->started());
    }

    public function testStartsAnotherWhenItHasGone(): void
    {
        $client = $this->client();
        $first = $client->ping()['pid'];
        posix_kill($first, SIGKILL);
        while (posix_kill($first, 0)) {
            usleep(1_000);
        }

        // killed, it has left its socket file behind
        unlink($this->started()[0]['options']['--socket']);
        self::assertNotSame($first, $client->ping()['pid']);
    }

    public function testAForkedChildStartsNone(): void
    {
        $client = $this->client();
        [$here, $there] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        $pid = pcntl_fork();
        if ($pid === 0) {
            try {
                $client->ping();
            } catch (DaemonNotRunning $e) {
                fwrite($there, $e->getMessage());
            }
            posix_kill(posix_getpid(), SIGKILL); // no shutdown functions of PHPUnit
        }
        fclose($there);
        $said = (string) stream_get_contents($here);
        pcntl_waitpid($pid, $status);

        self::assertStringContainsString('a forked child does not start one', $said);
        self::assertSame([], $this->started());
    }

    public function testAFailedStartIsToldAndNotRepeatedAtOnce(): void
    {
        putenv('FAKE_PARALLITE_FAILS=78');
        for ($i = 0; $i < 3; $i++) {
            try {
                $this->client()->ping();
                self::fail();
            } catch (DaemonNotRunning $e) {
                self::assertStringContainsString('ended at its start: fake: cannot start today', $e->getMessage());
            }
        }
        self::assertCount(1, $this->started());
    }

    public function testSaysWhereItHasLookedForTheBinary(): void
    {
        $path = getenv('PATH');
        putenv('PATH=/nowhere');
        try {
            (new Client(autostart: new Autostart("{$this->directory}/project")))->ping();
            self::fail();
        } catch (DaemonNotRunning $e) {
            self::assertStringContainsString('PARALLITE_BIN', $e->getMessage());
        } finally {
            putenv("PATH=$path");
        }
    }

    public function testFindsTheBinary(): void
    {
        $make = function (string $file): string {
            @mkdir(dirname($file), 0700, true);
            touch($file);
            chmod($file, 0700);
            return $file;
        };
        $path = getenv('PATH');
        putenv("PATH={$this->directory}/path");
        try {
            self::assertNull(Binary::find("{$this->directory}/project"));
            $cached = $make("{$this->directory}/cache/parallite/" . WorkerMain::VERSION . '/bin/parallite');
            self::assertSame($cached, Binary::find("{$this->directory}/project"));
            $onPath = $make("{$this->directory}/path/parallite");
            self::assertSame($onPath, Binary::find("{$this->directory}/project"));
            $vendor = $make("{$this->directory}/project/vendor/bin/parallite");
            self::assertSame($vendor, Binary::find("{$this->directory}/project"));
            $named = $make("{$this->directory}/named");
            putenv("PARALLITE_BIN=$named");
            self::assertSame($named, Binary::find("{$this->directory}/project"));
            putenv('PARALLITE_BIN=/not/there');
            self::assertNull(Binary::find("{$this->directory}/project"), 'no other than the one that was named');
        } finally {
            putenv("PATH=$path");
            putenv('PARALLITE_BIN');
        }
    }

    public function testUsesNoDirectoryThatOthersCanEnter(): void
    {
        mkdir("{$this->directory}/runtime/parallite");
        chmod("{$this->directory}/runtime/parallite", 0755);

        $this->expectException(ConnectionException::class);
        $this->expectExceptionMessage('only its owner');
        $this->client();
    }
}
