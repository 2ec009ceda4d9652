<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Codec;

use B7s\Parallite\Codec\ClosureCodec;
use B7s\Parallite\Codec\Opis3Codec;
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
            self::markTestSkipped('opis/closure 3 does not find the namespace of a closure of PHP 8.4');
        }
        parent::testNamesMeanWhatTheyMeanWhereTheyAreWritten();
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
