<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Address;
use B7s\Parallite\Daemon\Autostart;
use B7s\Parallite\Exception\ConnectionException;
use PHPUnit\Framework\TestCase;

/**
 * Where clients look for a daemon.
 */
final class AddressTest extends TestCase
{
    private string $directory;

    private string $before;

    private string|false $variable;

    protected function setUp(): void
    {
        $this->variable = getenv('PARALLITE_SOCKET');
        putenv('PARALLITE_SOCKET');
        $this->before = (string) getcwd();
        $this->directory = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir("{$this->directory}/src/deep", 0700, true);
        $this->directory = (string) realpath($this->directory);
        chdir("{$this->directory}/src/deep");
    }

    protected function tearDown(): void
    {
        chdir($this->before);
        exec('rm -rf ' . escapeshellarg($this->directory));
        putenv($this->variable === false ? 'PARALLITE_SOCKET' : "PARALLITE_SOCKET={$this->variable}");
    }

    private function configure(string $json): void
    {
        file_put_contents("{$this->directory}/parallite.json", $json);
    }

    public function testTheNearestWins(): void
    {
        self::assertSame('unix:///tmp/parallite.sock', Address::find(null)->uri);
        self::assertSame('unix:///auto.sock', self::autostarted('/auto.sock'));
        $this->configure('{"socket": "/run/app.sock", "fixed_workers": 4}');
        self::assertSame('unix:///run/app.sock', Address::find(null)->uri, 'of the file upwards');
        putenv('PARALLITE_SOCKET=/run/env.sock');
        self::assertSame('unix:///run/env.sock', Address::find(null)->uri);
        self::assertSame('unix:///given.sock', Address::find('/given.sock')->uri);
    }

    private static function autostarted(string $expected): string
    {
        $uri = Address::find(null, new Autostart('/some/project'))->uri;
        self::assertMatchesRegularExpression('~^unix:///.*/[\da-f]{16}\.sock$~', $uri);
        self::assertSame($uri, Address::find(null, new Autostart('/some/project'))->uri, 'the same each time');
        return "unix://$expected";
    }

    public function testReadsTheFileAsTheDaemonDoes(): void
    {
        foreach (
            [
                '{"socket": "run/app.sock"}' => "unix://{$this->directory}/run/app.sock",
                '{"socket": "127.0.0.1:9876"}' => 'tcp://127.0.0.1:9876',
                '{"socket": "unix:///run/a.sock"}' => 'unix:///run/a.sock',
                '{"socket": ""}' => 'unix:///tmp/parallite.sock',
                '{"_comment": 1}' => 'unix:///tmp/parallite.sock',
            ] as $json => $uri
        ) {
            $this->configure($json);
            self::assertSame($uri, Address::find(null)->uri, $json);
        }
        $this->configure('{"socket": ');
        $this->expectException(ConnectionException::class);
        $this->expectExceptionMessage("{$this->directory}/parallite.json is not valid JSON");
        Address::find(null);
    }

    public function testUnderstandsManyForms(): void
    {
        foreach (
            [
                '/a.sock' => 'unix:///a.sock', 'unix:///a.sock' => 'unix:///a.sock',
                'localhost:1' => 'tcp://localhost:1',
                '[::1]:9' => 'tcp://[::1]:9', 'tcp://[::1]:9' => 'tcp://[::1]:9', '/odd:1' => 'unix:///odd:1',
            ] as $given => $uri
        ) {
            self::assertSame($uri, Address::find((string) $given)->uri);
        }
        self::assertSame('/a.sock', Address::find('unix:///a.sock')->argument());
        self::assertSame('[::1]:9', Address::find('[::1]:9')->argument());
    }
}
