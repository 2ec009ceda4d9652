<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Integration;

use ArrayObject;
use B7s\Parallite\Client;
use B7s\Parallite\Exception\TaskException;
use B7s\Parallite\PayloadSecret;
use B7s\Parallite\Task;
use B7s\Parallite\TaskPayload;
use B7s\Parallite\Tests\Support\RealDaemon;
use Closure;
use DomainException;
use PHPUnit\Framework\TestCase;

/**
 * Programs and workers that sign with a secret of theirs what they send each other, over a daemon that does not know it.
 */
final class PayloadSecretTest extends TestCase
{
    private static ?RealDaemon $signing = null;

    private static ?RealDaemon $open = null;

    private static string $file;

    public static function setUpBeforeClass(): void
    {
        self::$file = self::fileWith(bin2hex(random_bytes(32)) . "\n");
        self::$signing = new RealDaemon(self::environment() + [PayloadSecret::VARIABLE => self::$file]);
        self::$open = new RealDaemon(self::environment());
    }

    public static function tearDownAfterClass(): void
    {
        self::$signing?->end();
        self::$open?->end();
        unlink(self::$file);
    }

    /** @return array<string, string> */
    private static function environment(): array
    {
        $environment = getenv();
        return ['PARALLITE_FIXED_WORKERS' => '1'] + $environment;
    }

    private static function fileWith(string $content): string
    {
        $file = (string) tempnam(sys_get_temp_dir(), 'secret');
        file_put_contents($file, $content);
        return $file;
    }

    private static function client(): Client
    {
        return new Client(self::$signing?->socket, payloadSecretFile: self::$file);
    }

    /** @param array<string, mixed> $request @return array<string, mixed> the reply, as a program in any language has it */
    private static function ask(array $request): array
    {
        $stream = stream_socket_client('unix://' . self::$signing?->socket);
        self::assertIsResource($stream);
        $body = json_encode($request, JSON_THROW_ON_ERROR);
        fwrite($stream, pack('N', strlen($body)) . $body);
        $length = unpack('N', (string) stream_get_contents($stream, 4));
        self::assertIsArray($length);
        return json_decode((string) stream_get_contents($stream, $length[1]), true, flags: JSON_THROW_ON_ERROR);
    }

    /** Of a file whose code belongs to no class, which workers would not know. */
    private static function task(string $name): Closure
    {
        static $tasks = null;
        $tasks ??= Closure::bind(static fn(): array => require __DIR__ . '/../Support/signed.php', null, null)();
        return $tasks[$name];
    }

    public function testEverythingThatTravelsIsSignedAndArrives(): void
    {
        $client = self::client();
        self::assertSame(["\xff\0", 3], $client->run(self::task('pair'), ["\xff\0"]));
        self::assertSame(range(1, 200), $client->map(range(0, 199), self::task('successor'), chunk: 50));
        self::assertEquals(
            [new ArrayObject([1]), new ArrayObject([2])],
            $client->map([1, 2], self::task('object'), chunk: 2),
        );
        self::assertSame(['a' => 1, 'b' => 1], $client->all(['a' => self::task('one'), 'b' => self::task('one')]));

        $future = $client->submit(self::task('conversation'));
        $future->send(21);
        self::assertSame(42, $future->await());
        self::assertSame([[21]], iterator_to_array($future->stream(), false));

        self::assertSame(7, $client->run(self::task('shared'), [$client->share(['x' => 7])]));
        $client->submit(self::task('one'), id: 'detached', detach: true);
        self::assertSame(1, self::client()->await('detached'));
        $this->expectExceptionObject(new DomainException('as itself', 7));
        $client->run(self::task('failure'));
    }

    public function testJsonCarriesItToo(): void
    {
        $secret = PayloadSecret::inFile(self::$file);
        $payload = (new TaskPayload())->of('strrev', ["\xff\0"]);
        $payload = base64_encode($secret->sign(PayloadSecret::TASK, 'json', $payload));

        $reply = self::ask(['type' => 'submit', 'task_id' => 'json', 'payload' => $payload, 'accept' => 'php']);

        self::assertTrue($reply['ok'], $reply['error'] ?? '');
        $result = $secret->verified(PayloadSecret::RESULT, 'json', (string) base64_decode($reply['result'], true));
        self::assertSame("\0\xff", unserialize($result));
    }

    /** @return iterable<string, array{array<string, mixed>, string}> */
    private static function forgeries(): iterable
    {
        $secret = PayloadSecret::inFile(self::$file);
        $right = static fn(string $id): string => $secret->sign(PayloadSecret::TASK, $id, 'getmypid');
        yield 'no signature' => [['payload' => 'getmypid'], 'the task is not signed'];
        yield 'none, in base64' => [['payload' => base64_encode('O:8:"stdClass":0:{}')], 'is not signed'];
        yield 'of another task' => [['payload' => $right('another')], 'wrong signature'];
        yield 'of another payload' => [['payload' => substr($right('of another payload'), 0, 67) . 'phpversion'], 'wrong signature'];
        yield 'of a result' => [['payload' => $secret->sign(PayloadSecret::RESULT, 'of a result', 'getmypid')], 'wrong signature'];
        yield 'a command' => [['command' => ['id']], 'commands and a context are not'];
        yield 'a context' => [['payload' => $right('a context'), 'context' => ['a' => 1]], 'commands and a context are not'];
    }

    public function testWorkersRunNothingElse(): void
    {
        foreach (self::forgeries() as $name => [$request, $why]) {
            $reply = self::ask(['type' => 'submit', 'task_id' => $name] + $request);

            self::assertSame('INVALID_SIGNATURE', $reply['error_code'] ?? 'none', $name);
            self::assertStringContainsString($why, $reply['error'], $name);
        }
    }

    public function testProgramsTakeNoResultThatIsNotSigned(): void
    {
        $client = new Client(self::$open?->socket, payloadSecretFile: self::$file);
        try {
            $client->run(self::task('one'));
            self::fail('a worker without the secret has run it');
        } catch (TaskException $e) {
            self::assertSame('INVALID_SIGNATURE', $e->getErrorCode());
            self::assertStringContainsString(PayloadSecret::VARIABLE, $e->getMessage());
        }
        (new Client(self::$open?->socket))->submit(self::task('one'), id: 'unsigned', detach: true);
        $this->expectException(TaskException::class);
        $this->expectExceptionMessage('the result is not signed');
        $client->await('unsigned');
    }

    public function testWhoLacksTheSecretIsToldSo(): void
    {
        self::client()->submit(self::task('one'), id: 'signed', detach: true);
        try {
            (new Client(self::$signing?->socket))->await('signed');
            self::fail('the result was read');
        } catch (TaskException $e) {
            self::assertStringContainsString('the result is signed; name the file', $e->getMessage());
        }
        $this->expectException(TaskException::class);
        $this->expectExceptionMessage('the task is not signed');
        (new Client(self::$signing?->socket))->run(self::task('one'));
    }
}
