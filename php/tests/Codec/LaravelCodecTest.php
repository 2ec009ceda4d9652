<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Codec;

use B7s\Parallite\Codec\ClosureCodec;
use B7s\Parallite\Codec\LaravelCodec;
use B7s\Parallite\Worker\PayloadDecoder;
use B7s\Parallite\Worker\TaskRefused;
use Laravel\SerializableClosure\SerializableClosure;
use Laravel\SerializableClosure\Serializers\Signed;

require_once __DIR__ . '/fixtures.php';

final class LaravelCodecTest extends CodecContract
{
    protected function setUp(): void
    {
        if (!LaravelCodec::isInstalled()) {
            self::markTestSkipped('its library is not installed');
        }
    }

    protected function tearDown(): void
    {
        SerializableClosure::setSecretKey(null);
    }

    protected static function codec(): ClosureCodec
    {
        return new LaravelCodec();
    }

    public function testSignsAsTheLibraryDoes(): void
    {
        SerializableClosure::setSecretKey('secret');
        $factor = 3;
        $closure = static fn(int $x): int => $x * $factor;
        $payload = self::codec()->encode($closure);

        self::assertSame(
            preg_replace('/"[0-9a-f]{32}"|s:44:"[^"]+"/', '', serialize(new SerializableClosure($closure))),
            preg_replace('/"[0-9a-f]{32}"|s:44:"[^"]+"/', '', $payload),
        );
        self::assertSame(12, unserialize($payload)->getClosure()(4));
        $this->expectException(TaskRefused::class);
        $this->expectExceptionMessage('InvalidSignatureException');
        (new PayloadDecoder())->decode(str_replace('$x * $factor', '$x + $factor', $payload));
    }

    public function testAKeyMakesNoDifferenceToWhatTravels(): void
    {
        SerializableClosure::setSecretKey('secret');
        $this->testTakesAnotherOfALineThatCanBeTold();
        $this->testTakesTheFirstOfALineThatCanBeTold();
        $this->testCarriesClosuresWithinClosures();
        $this->testLeavesTheObjectBehindThatTheCodeDoesNotUse();
        $unsigned = static fn(): int => 5;
        self::codec()->encode($unsigned);
        SerializableClosure::setSecretKey(null);
        self::assertStringNotContainsString('Signed', self::codec()->encode($unsigned));
    }

    public function testAKeyThatIsSetLaterSignsWhatWasSerializedBefore(): void
    {
        $closure = static fn(): int => 42;
        $codec = self::codec();
        $plain = $codec->encode($closure);
        self::assertSame($plain, $codec->encode($closure));

        SerializableClosure::setSecretKey('key');
        self::assertStringContainsString(Signed::class, $codec->encode($closure));
        self::assertStringNotContainsString(Signed::class, $plain);
    }
}
