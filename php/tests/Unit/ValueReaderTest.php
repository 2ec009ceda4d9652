<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Exception\SharedValueGone;
use B7s\Parallite\PayloadSecret;
use B7s\Parallite\Shared;
use B7s\Parallite\SharedValues;
use B7s\Parallite\ValueReader;
use B7s\Parallite\Worker\Seals;
use Closure;
use DomainException;
use PHPUnit\Framework\TestCase;
use UnexpectedValueException;

/**
 * What a program and a worker refuse to rebuild where values are signed.
 */
final class ValueReaderTest extends TestCase
{
    private string $directory;

    private PayloadSecret $secret;

    protected function setUp(): void
    {
        $this->directory = sys_get_temp_dir() . '/values-' . bin2hex(random_bytes(6));
        mkdir($this->directory, 0700);
        file_put_contents("$this->directory/secret", str_repeat('k', 32));
        $this->secret = PayloadSecret::inFile("$this->directory/secret");
    }

    protected function tearDown(): void
    {
        Seals::useSecret(null);
        putenv(SharedValues::DIRECTORY);
        array_map(unlink(...), glob("$this->directory/*") ?: []);
        rmdir($this->directory);
    }

    private static function refuses(string $why, Closure $read): void
    {
        try {
            self::fail('it was rebuilt: ' . print_r($read(), true));
        } catch (UnexpectedValueException $e) {
            self::assertStringContainsString($why, $e->getMessage());
        }
    }

    public function testValuesCountForTheirTaskAndForWhatTheyAre(): void
    {
        $reader = new ValueReader(secret: $this->secret);
        $result = $this->secret->sign(PayloadSecret::RESULT, 'a', 'i:1;');

        self::assertSame(1, $reader->value(PayloadSecret::RESULT, 'a', $result));
        self::assertSame(1, $reader->value(PayloadSecret::RESULT, 'a', base64_encode($result)));
        self::refuses('wrong signature', static fn(): mixed => $reader->value(PayloadSecret::RESULT, 'b', $result));
        self::refuses('wrong signature', static fn(): mixed => $reader->value(PayloadSecret::VALUE, 'a', $result));
        self::refuses('the value is not signed', static fn(): mixed => $reader->value(PayloadSecret::VALUE, 'a', 'i:1;'));
        self::refuses('name the file', static fn(): mixed => (new ValueReader())->value(PayloadSecret::RESULT, 'a', $result));
    }

    public function testExceptionsThatAreNotSignedAreNotRebuilt(): void
    {
        $blob = serialize(new DomainException('told'));
        $reader = new ValueReader(secret: $this->secret);

        self::assertInstanceOf(DomainException::class, (new ValueReader())->exception('a', $blob, []));
        self::assertNull($reader->exception('a', $blob, []));
        $signed = $this->secret->sign(PayloadSecret::EXCEPTION, 'a', $blob);
        self::assertInstanceOf(DomainException::class, $reader->exception('a', $signed, []));
        self::assertNull($reader->exception('b', $signed, []));
    }

    public function testWorkersTakeNoMessageThatIsNotSigned(): void
    {
        self::assertSame('i:1;', Seals::ofMessage('a', 'i:1;'));
        Seals::useSecret($this->secret);

        self::assertSame('i:1;', Seals::ofMessage('a', $this->secret->sign(PayloadSecret::MESSAGE, 'a', 'i:1;')));
        self::refuses('the message is not signed', static fn(): string => Seals::ofMessage('a', 'i:1;'));
        $others = $this->secret->sign(PayloadSecret::MESSAGE, 'b', 'i:1;');
        self::refuses('wrong signature', static fn(): string => Seals::ofMessage('a', $others));
    }

    public function testWorkersTakeNoSharedValueOfAnotherHash(): void
    {
        $hash = hash('sha256', SharedValues::write('as it was'));
        $shared = unserialize(sprintf('O:%d:"%s":1:{i:0;s:64:"%s";}', strlen(Shared::class), Shared::class, $hash));
        self::assertInstanceOf(Shared::class, $shared);
        putenv(SharedValues::DIRECTORY . "=$this->directory");
        file_put_contents("$this->directory/$hash", SharedValues::write('changed'));
        Seals::useSecret($this->secret);

        try {
            self::fail('it was loaded: ' . $shared->value());
        } catch (SharedValueGone $e) {
            self::assertStringContainsString('was changed on its way', $e->getMessage());
        }
        file_put_contents("$this->directory/$hash", SharedValues::write('as it was'));
        self::assertSame('as it was', $shared->value());
    }
}
