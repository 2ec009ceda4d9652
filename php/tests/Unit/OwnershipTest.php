<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Address;
use B7s\Parallite\Client;
use B7s\Parallite\Daemon\Autostart;
use B7s\Parallite\Daemon\Binary;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Ownership;
use B7s\Parallite\Tests\Support\WorkerProcess;
use PHPUnit\Framework\TestCase;

/**
 * Files that another user has made, or could have.
 */
final class OwnershipTest extends TestCase
{
    private const NOBODY = 65_534;

    private string $directory;

    private string $before;

    protected function setUp(): void
    {
        $this->before = (string) getcwd();
        $this->directory = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir("{$this->directory}/shared/project/vendor/bin", 0700, true);
        $this->directory = (string) realpath($this->directory);
        chmod($this->directory, 0711);
    }

    protected function tearDown(): void
    {
        chdir($this->before);
        exec('rm -rf ' . escapeshellarg($this->directory));
    }

    /** @return string the path of a file below the shared directory */
    private function file(string $name, string $content = '{}'): string
    {
        $file = "{$this->directory}/shared/$name";
        file_put_contents($file, $content);
        return $file;
    }

    private static function needsRoot(): void
    {
        if (posix_geteuid() !== 0) {
            self::markTestSkipped('only root can make files of another user');
        }
    }

    public function testAFileOfTheUserCounts(): void
    {
        self::assertNull(Ownership::objectionTo($this->file('parallite.json')));
        self::assertNull(Ownership::objectionTo('/etc/passwd'), "root's does, too");
        symlink($this->file('real'), "{$this->directory}/shared/link");
        self::assertNull(Ownership::objectionTo("{$this->directory}/shared/link"));
    }

    public function testAFileThatOthersMayWriteDoesNot(): void
    {
        $file = $this->file('parallite.json');
        chmod($file, 0666);
        self::assertSame("every user may write $file", Ownership::objectionTo($file));
        chmod($file, 0600);
        foreach ([0777, 01777] as $mode) {
            chmod(dirname($file), $mode);
            self::assertSame('every user may write ' . dirname($file), Ownership::objectionTo($file));
        }
    }

    public function testAGroupOfOneIsNoOtherUser(): void
    {
        $file = $this->file('parallite.json');
        chmod($file, 0660);
        $user = posix_getpwuid(posix_geteuid());
        $group = posix_getgrgid($user['gid']);
        if ($user['name'] === $group['name'] && array_diff($group['members'], [$user['name']]) === []) {
            self::assertNull(Ownership::objectionTo($file));
        }
        self::needsRoot();
        chgrp($file, self::NOBODY);
        self::assertSame('the group with gid ' . self::NOBODY . " may write $file", Ownership::objectionTo($file));
    }

    public function testAFileOrLinkOrTargetOfAnotherUserDoesNot(): void
    {
        self::needsRoot();
        $file = $this->file('his');
        symlink($file, "{$this->directory}/shared/link");
        chown($file, self::NOBODY);
        $objection = "$file belongs to another user (uid " . self::NOBODY . ')';
        self::assertSame($objection, Ownership::objectionTo($file));
        self::assertSame($objection, Ownership::objectionTo("{$this->directory}/shared/link"));
        chown($file, 0);
        lchown("{$this->directory}/shared/link", self::NOBODY);
        self::assertNotNull(Ownership::objectionTo("{$this->directory}/shared/link"), 'he may let it lead elsewhere');
        putenv('SUDO_UID=' . self::NOBODY);
        try {
            self::assertNull(Ownership::objectionTo("{$this->directory}/shared/link"), 'who became root by sudo is known');
        } finally {
            putenv('SUDO_UID');
        }
    }

    public function testAConfigurationThatOthersMayWriteIsNamedAndNotObeyed(): void
    {
        $file = $this->file('parallite.json', '{"socket": "his.sock"}');
        chmod(dirname($file), 01777);
        chdir("{$this->directory}/shared/project");
        $variable = getenv('PARALLITE_SOCKET');
        putenv('PARALLITE_SOCKET');
        $calls = [
            static fn() => new Client(),
            static fn() => Address::find(null),
            static fn() => new Autostart(),
            fn() => (new Client("{$this->directory}/s", new Autostart("{$this->directory}/shared/project", binary: '/bin/true')))->ping(),
        ];
        try {
            foreach ($calls as $i => $call) {
                if ($i === 2 && class_exists(\Composer\InstalledVersions::class)) {
                    continue; // Composer tells the root
                }
                try {
                    $call();
                    self::fail("call $i");
                } catch (ConnectionException $e) {
                    self::assertStringContainsString($file, $e->getMessage());
                    self::assertStringNotContainsString('his.sock', $e->getMessage());
                }
            }
        } finally {
            putenv($variable === false ? 'PARALLITE_SOCKET' : "PARALLITE_SOCKET=$variable");
        }
    }

    public function testAnExecutableThatOthersMayWriteIsNotRun(): void
    {
        $variable = getenv('PARALLITE_BIN');
        putenv('PARALLITE_BIN');
        $file = $this->file('project/vendor/bin/parallite', "#!/bin/sh\n");
        chmod($file, 0777);
        try {
            $this->expectException(DaemonNotRunning::class);
            $this->expectExceptionMessage("$file is not run: every user may write $file");
            Binary::find("{$this->directory}/shared/project");
        } finally {
            putenv($variable === false ? 'PARALLITE_BIN' : "PARALLITE_BIN=$variable");
        }
    }

    public function testASocketOfAnotherUserIsNotUsed(): void
    {
        self::needsRoot();
        $shared = "{$this->directory}/shared";
        $socket = "$shared/socket";
        $server = stream_socket_server("unix://$socket");
        chown($socket, self::NOBODY);
        self::assertNull(Ownership::objectionToSocket($socket, true), 'it is named, and nobody else can make files there');
        self::assertStringContainsString('belongs to another user', (string) Ownership::objectionToSocket($socket, false));
        chmod($shared, 01777);
        foreach ([true, false] as $isNamed) {
            self::assertStringContainsString('belongs to another user', (string) Ownership::objectionToSocket($socket, $isNamed));
        }
        try {
            (new Client($socket))->ping();
            self::fail();
        } catch (ConnectionException $e) {
            self::assertStringContainsString("$socket belongs to another user", $e->getMessage());
        }
        chown($socket, 0);
        self::assertNull(Ownership::objectionToSocket($socket, false), 'in a sticky directory it stays what it is');
        chmod($shared, 0777);
        self::assertStringContainsString('may write', (string) Ownership::objectionToSocket($socket, false));
        fclose($server);
    }

    /** Such as Laravel's storage, which its owner and the web server's user share. */
    public function testASocketOfAnotherUserInADirectoryThatIsSharedIsNotUsed(): void
    {
        self::needsRoot();
        $shared = "{$this->directory}/shared";
        $server = stream_socket_server("unix://$shared/socket");
        chmod($shared, 0777);
        Address::inSharedDirectory("$shared/socket")->check();
        chown("$shared/socket", self::NOBODY);
        try {
            (new Client(Address::inSharedDirectory("$shared/socket")))->ping();
            self::fail();
        } catch (ConnectionException $e) {
            self::assertStringContainsString('belongs to another user (uid ' . self::NOBODY . ')', $e->getMessage());
            self::assertStringContainsString('PARALLITE_SOCKET', $e->getMessage());
        }
        fclose($server);
    }

    /** The socket's file is the user's, and another user has come to listen there. */
    public function testAPeerOfAnotherUserIsNotBelieved(): void
    {
        self::needsRoot();
        if (!extension_loaded('sockets')) {
            self::markTestSkipped('without ext-sockets the owner of the file has to do');
        }
        $socket = "{$this->directory}/shared/socket";
        chmod("{$this->directory}/shared", 0777);
        $pid = pcntl_fork();
        if ($pid === 0) {
            posix_setgid(self::NOBODY);
            posix_setuid(self::NOBODY);
            $server = stream_socket_server("unix://$socket");
            sleep(60);
            posix_kill(posix_getpid(), SIGKILL);
        }
        try {
            for ($i = 0; $i < 3_000 && !@stream_socket_client("unix://$socket"); $i++) {
                usleep(1_000); // the file is there before anybody listens
            }
            chmod("{$this->directory}/shared", 0711);
            chown($socket, 0);
            $this->expectException(ConnectionException::class);
            $this->expectExceptionMessage("is another user's (uid " . self::NOBODY . ')');
            (new Client($socket))->ping();
        } finally {
            posix_kill($pid, SIGKILL);
            pcntl_waitpid($pid, $status);
        }
    }

    public function testAWorkerLoadsNoAutoloaderThatOthersMayWrite(): void
    {
        $file = $this->file('project/vendor/autoload.php', '<?php define("PLANTED", 1);');
        chmod("{$this->directory}/shared/project/vendor", 0777);
        $options = ['-d', 'auto_prepend_file=' . $this->file('chdir.php', "<?php chdir('" . dirname($file, 2) . "');")];
        $worker = WorkerProcess::overSocket(options: $options);
        try {
            self::assertNull($worker->hello);
            self::assertStringContainsString("$file is not loaded: every user may write", $worker->stderr());
        } finally {
            $worker->stop();
        }
        $worker = WorkerProcess::overSocket(env: ['PARALLITE_PHP_INCLUDES' => json_encode([$file])], options: $options);
        try {
            self::assertNotNull($worker->hello, 'what the configuration names is loaded');
            self::assertSame(PHP_VERSION, $worker->ask(['task_id' => 'a', 'payload' => 'phpversion'])['result']);
        } finally {
            $worker->stop();
        }
    }
}
