<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use B7s\Parallite\Client;
use B7s\Parallite\Credentials;
use B7s\Parallite\Exception\ConnectionException;
use B7s\Parallite\Exception\DaemonNotRunning;
use B7s\Parallite\Tests\Support\RealDaemon;
use PHPUnit\Framework\TestCase;

/**
 * The client on TCP: TLS, certificates of both sides, the token.
 */
final class TlsTest extends TestCase
{
    private const TOKEN = 'token-of-a-test-0123456789';

    private static string $directory;

    private static int $port;

    private static RealDaemon $daemon;

    public static function setUpBeforeClass(): void
    {
        if (!extension_loaded('openssl')) {
            self::markTestSkipped('ext-openssl is not loaded: PHP has no TLS');
        }
        self::$directory = sys_get_temp_dir() . '/parallite-test-' . bin2hex(random_bytes(6));
        mkdir(self::$directory, 0700);
        $script = dirname(__DIR__) . '/Support/certificates.php';
        exec(implode(' ', array_map(escapeshellarg(...), [PHP_BINARY, $script, self::$directory])), $output, $exitCode);
        self::assertSame(0, $exitCode, implode("\n", $output));
        file_put_contents(self::$directory . '/token', self::TOKEN . "\n");
        self::$port = self::freePort();
        self::$daemon = new RealDaemon([
            'PARALLITE_LISTEN' => 'tls://127.0.0.1:' . self::$port,
            'PARALLITE_AUTH_TOKEN_FILE' => self::$directory . '/token',
            'PARALLITE_TLS_CERTIFICATE_FILE' => self::$directory . '/server.pem',
            'PARALLITE_TLS_KEY_FILE' => self::$directory . '/server.key',
            'PARALLITE_TLS_CLIENT_CA_FILE' => self::$directory . '/ca.pem',
        ]);
    }

    public static function tearDownAfterClass(): void
    {
        if (isset(self::$daemon)) {
            self::$daemon->stop();
            array_map(unlink(...), glob(self::$directory . '/*') ?: []);
            rmdir(self::$directory);
        }
    }

    private static function freePort(): int
    {
        $server = stream_socket_server('tcp://127.0.0.1:0');
        self::assertNotFalse($server);
        return (int) substr((string) strrchr((string) stream_socket_get_name($server, false), ':'), 1);
    }

    /** @param array<string, ?string> $other credentials that are not as they should be */
    private static function client(array $other = []): Client
    {
        $credentials = $other + [
            'tokenFile' => self::$directory . '/token',
            'caFile' => self::$directory . '/ca.pem',
            'certificateFile' => self::$directory . '/client.pem',
            'keyFile' => self::$directory . '/client.key',
        ];
        return new Client('tls://localhost:' . self::$port, credentials: new Credentials(...$credentials));
    }

    /** @param array<string, ?string> $other */
    private static function failure(array $other): string
    {
        try {
            self::client($other)->run('pi');
        } catch (ConnectionException $e) {
            return $e->getMessage();
        }
        self::fail('it has run');
    }

    public function testRunsTasksOverTls(): void
    {
        $client = self::client();
        self::assertSame('ABC', $client->run('strtoupper', ['abc']));
        self::assertSame(range(1, 300), $client->map(range(1, 300), 'abs'));
    }

    public function testCarriesPayloadsAndResultsOfMegabytes(): void
    {
        $client = self::client();
        $texts = array_map(static fn(int $i): string => str_repeat(chr(64 + $i), 2_500_000), range(1, 4));
        $results = $client->map($texts, 'strtolower');
        self::assertSame(array_map(strtolower(...), $texts), $results);
    }

    public function testTrustsOnlyADaemonWhoseCertificateIsSignedAndNamesIt(): void
    {
        self::assertStringContainsString('PARALLITE_CA_FILE', self::failure(['caFile' => self::$directory . '/stranger.pem']));
        self::assertStringContainsString('did not match', self::failure(['serverName' => 'elsewhere.example']));
        self::assertStringContainsString("can't be read", self::failure(['caFile' => self::$directory . '/none.pem']));
    }

    public function testSaysWhyItIsRefused(): void
    {
        self::assertStringContainsString('not the token', self::failure(['tokenFile' => null, 'token' => 'another']));
        self::assertStringContainsString("can't be read", self::failure(['tokenFile' => self::$directory . '/none']));
        self::assertNotSame('', self::failure(['certificateFile' => null, 'keyFile' => null]));
    }

    public function testSaysThatATokenIsAskedFor(): void
    {
        self::assertStringContainsString('asks for a token', self::failure(['tokenFile' => null]));
    }

    public function testTellsADaemonThatDoesNotRun(): void
    {
        $this->expectException(DaemonNotRunning::class);
        (new Client('tls://localhost:' . self::freePort()))->run('pi');
    }

    public function testSendsNoTokenInTheClear(): void
    {
        $this->expectException(ConnectionException::class);
        $this->expectExceptionMessage('in the clear');
        (new Client('tcp://192.0.2.1:9876', credentials: new Credentials(token: self::TOKEN)))->run('pi');
    }

    public function testShowsNoTokenInADump(): void
    {
        self::assertStringNotContainsString(self::TOKEN, print_r(new Credentials(token: self::TOKEN), true));
    }
}
