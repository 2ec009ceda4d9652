<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Codec;

use B7s\Parallite\Codec\ClosureCodec;
use B7s\Parallite\Codec\Opis3Codec;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Tests\Codec\Opis3CodecTest as Codec;
use Opis\Closure\SerializableClosure;

require_once __DIR__ . '/fixtures.php';

final class Opis3CodecTest extends CodecContract
{
    /** It is older than they are. */
    protected const CARRIES_ENUMS = false;

    protected function setUp(): void
    {
        if (!Opis3Codec::isInstalled()) {
            self::markTestSkipped('its library is not installed');
        }
    }

    protected static function codec(): ClosureCodec
    {
        return new Opis3Codec();
    }

    public function testNamesMeanWhatTheyMeanWhereTheyAreWritten(): void
    {
        if (PHP_VERSION_ID >= 80400) {
            $this->expectException(ClosureNotSerializable::class);
            $this->expectExceptionMessage('does not know the namespace of closures since PHP 8.4, and Point in line ');
        }
        parent::testNamesMeanWhatTheyMeanWhereTheyAreWritten();
    }

    public function testNamesThatNeedNoNamespace(): void
    {
        $names = static fn(): array => [strlen('x'), E_ALL, \ArrayObject::class, Codec::class, (new Codec())->other()];

        self::assertSame([1, E_ALL, 'ArrayObject', self::class, 'other'], unserialize(self::codec()->encode($names))());
    }

    /** @return iterable<string, array{\Closure}> */
    public function needs(): iterable
    {
        yield 'a function of the namespace' => [static fn(): int => twice(4)];
        yield 'the namespace' => [static fn(): string => __NAMESPACE__];
        yield 'a class of the namespace' => [static fn(): Point => new Point(1, null)];
        yield 'a type' => [static fn(?Point $p = null): int => 1];
        yield 'a namespace within' => [static fn(): string => Inner\Point::class];
        yield 'a constant that is not known' => [static fn(): mixed => SOME_CONSTANT];
    }

    /** @dataProvider needs */
    public function testRefusesWhatItWouldChange(\Closure $closure): void
    {
        if (PHP_VERSION_ID >= 80400) {
            $this->expectException(ClosureNotSerializable::class);
        }
        self::assertStringContainsString('Opis', self::codec()->encode($closure));
        $captured = static fn(): mixed => $closure();
        self::assertStringContainsString('Opis', self::codec()->encode($captured));
    }

    public function testRefusesNamesThatItDoesNotResolve(): void
    {
        $this->expectException(ClosureNotSerializable::class);
        self::codec()->encode(static fn(): int => namespace\twice(4));
    }

    public function other(): string
    {
        return 'other';
    }

    public function testSignsWithTheKeyOfTheTime(): void
    {
        $codec = new Opis3Codec();
        $closure = static fn(): int => 1;
        $unsigned = $codec->encode($closure);
        SerializableClosure::setSecretKey('key');
        try {
            $signed = $codec->encode($closure);
            self::assertNotSame($unsigned, $signed);
            self::assertSame(1, unserialize($signed)());
        } finally {
            SerializableClosure::removeSecurityProvider();
        }
        self::assertSame($unsigned, $codec->encode($closure));
    }
}
