<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Codec;

use B7s\Parallite\Codec\ClosureCodec;
use B7s\Parallite\Codec\Opis4Codec;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Worker\PayloadDecoder;
use Closure;
use Opis\Closure\Serializer;

require_once __DIR__ . '/fixtures.php';

final class Opis4CodecTest extends CodecContract
{
    protected function setUp(): void
    {
        if (!Opis4Codec::isInstalled()) {
            self::markTestSkipped('its library is not installed; deploy/tools-for-tests brings it');
        }
    }

    protected static function codec(): ClosureCodec
    {
        return new Opis4Codec();
    }

    /** Its reading of them is wrong, in 4.5 at least: it ends at the colon. */
    public function testCarriesArrowFunctionsThatGiveArrowFunctionsWithTypes(): void
    {
        $closure = static fn(int $x): Closure => static fn(int $y): int => $x + $y;
        $alone = (new PayloadDecoder())->decode(self::codec()->encode($closure))[0];
        $captured = (new PayloadDecoder())->decode(self::codec()->encode(static fn(): int => $closure(1)(2)))[0];

        self::assertSame([5, 3], [$alone(2)(3), $captured()]);
    }

    public function testTakesWhatTheLibraryTakesWhereItIsRight(): void
    {
        $factor = 3;
        $closure = static fn(int $x): int => $x * $factor;

        self::assertSame(Serializer::serialize($closure), self::codec()->encode($closure));
    }

    public function testMagicConstantsAreThoseOfTheFile(): void
    {
        [, $second] = [static fn() => 1, static fn($x) => [__LINE__, __FILE__, __DIR__, __NAMESPACE__, __CLASS__]];
        $line = __LINE__ - 1;
        $rebuilt = (new PayloadDecoder())->decode(self::codec()->encode($second))[0];

        self::assertSame([$line, __FILE__, __DIR__, __NAMESPACE__, self::class], $rebuilt(0));
    }

    public function testTellsTheLibraryTheCodeOfCapturedClosures(): void
    {
        [$one, $two] = [static fn($x) => "one $x", static fn($x, $y) => "two $x $y"];
        $box = new Box('label', [$two]);
        $rebuilt = (new PayloadDecoder())->decode(self::codec()->encode(
            static fn() => [$one(1), $two(1, 2), ($box->stream[0])(3, 4)],
        ))[0];

        self::assertSame(['one 1', 'two 1 2', 'two 3 4'], $rebuilt());
    }

    public function testRefusesCapturedClosuresThatCannotBeTold(): void
    {
        [$a, $b] = [static fn() => 'a', static fn() => 'b'];
        $box = new Box('label', $b);

        $this->expectException(ClosureNotSerializable::class);
        self::codec()->encode(static fn(): array => [$a, $box]);
    }
}
