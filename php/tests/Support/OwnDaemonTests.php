<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

use B7s\Parallite\Daemon\Launcher;

/**
 * A program for the upstream package, and the daemon that it starts.
 */
trait OwnDaemonTests
{
    private string $directory = '';

    /** The daemon's executable. */
    abstract private static function binary(): string;

    protected function setUp(): void
    {
        $this->directory = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir($this->directory, 0700);
    }

    protected function tearDown(): void
    {
        array_map(unlink(...), glob("{$this->directory}/*") ?: []);
        rmdir($this->directory);
    }

    /** @param array<string, string|null> $environment */
    private function script(string $code, array $environment = []): PhpScript
    {
        $compat = var_export(dirname(__DIR__, 2) . '/compat/autoload.php', true);
        return PhpScript::run("require $compat;\n$code", $environment + [
            'PARALLITE_BIN' => self::binary(),
            'PARALLITE_SOCKET' => null,
            'TMPDIR' => $this->directory,
        ], $this->directory);
    }

    public function testDaemonOfAProgramLivesAsLongAsTheProgram(): void
    {
        $script = $this->script(<<<'PHP'
            $results = await(['a' => async(fn () => 6 * 7), 'b' => 'as it is']);
            $socket = Parallite\ParalliteClient::getDefaultSocketPath();
            echo json_encode([$results, filetype($socket), (new B7s\Parallite\Client($socket))->ping()['pid']]);
            PHP);

        self::assertSame(0, $script->exitCode, $script->output);
        [$results, $type, $pid] = json_decode($script->output, true);
        self::assertSame(['a' => 42, 'b' => 'as it is'], $results);
        self::assertSame('socket', $type);
        self::assertFalse(Launcher::isAlive($pid), 'the daemon is gone');
        self::assertSame([], glob("{$this->directory}/*.sock"), 'and so is its socket');
        self::assertSame([], glob("{$this->directory}/parallite-log-*"), 'and its log');
    }

    public function testTellsTheTaskFromItsHandlersInTheSameLine(): void
    {
        $script = $this->script(<<<'PHP'
            echo await(async(fn ($x = 'task') => $x)->then(fn ($x = 'then') => "$x, then")), "\n",
                await(Parallite\async(fn ($x = 'task') => $x)->then(fn ($x = 'then') => "$x, then")), "\n",
                await(\async(fn ($x = 'task') => $x)->then(fn ($x = 'then') => "$x, then")), "\n",
                (new Parallite\ParalliteClient())->promise(fn ($x = 'task') => $x)->then(fn ($x = 'then') => "$x, then")();
            PHP);

        self::assertSame(implode("\n", array_fill(0, 4, 'task, then')), $script->output);
    }

    public function testChildThatWasForkedDoesNotStopIt(): void
    {
        $script = $this->script(<<<'PHP'
            $client = new Parallite\ParalliteClient();
            if (pcntl_fork() === 0) {
                exit(0);
            }
            pcntl_wait($status);
            echo $client->promise(fn () => 42)->resolve();
            PHP);

        self::assertSame('42', $script->output);
    }

    public function testStopDaemonStopsIt(): void
    {
        $script = $this->script(<<<'PHP'
            $client = new Parallite\ParalliteClient();
            $pid = (new B7s\Parallite\Client(Parallite\ParalliteClient::getDefaultSocketPath()))->ping()['pid'];
            $client->stopDaemon();
            var_dump(B7s\Parallite\Daemon\Launcher::isAlive($pid));
            $client->stopDaemon();
            PHP);

        self::assertSame("bool(false)\n", $script->output);
    }

    public function testDaemonThatListensAlreadyIsUsedAndLeftAlone(): void
    {
        $daemon = new MiniDaemon();
        $script = $this->script(
            'echo (new Parallite\ParalliteClient(' . var_export($daemon->socket, true) . '))->promise(fn () => 42)();',
            ['PARALLITE_BIN' => '/nonexistent'],
        );
        $isThere = file_exists($daemon->socket);
        $daemon->stop();

        self::assertSame('42', $script->output);
        self::assertTrue($isThere);
    }

    public function testProjectRootIsWhereTheDaemonRuns(): void
    {
        $root = "{$this->directory}/project";
        mkdir($root);
        try {
            $script = $this->script("echo (new Parallite\\ParalliteClient(projectRoot: '$root'))->promise(fn () => getcwd())();");
            self::assertSame($root, $script->output);
        } finally {
            rmdir($root);
        }
    }

    public function testSaysThatThereIsNoExecutable(): void
    {
        $script = $this->script('new Parallite\ParalliteClient();', ['PARALLITE_BIN' => '/nonexistent']);

        self::assertNotSame(0, $script->exitCode);
        self::assertStringContainsString('PARALLITE_BIN', $script->output);
    }
}
