<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Wire\Encoding;
use B7s\Parallite\Wire\Encodings;
use B7s\Parallite\Wire\JsonEncoding;
use B7s\Parallite\Wire\MalformedBody;
use B7s\Parallite\Wire\MessagePackEncoding;
use PHPUnit\Framework\TestCase;

final class EncodingsTest extends TestCase
{
    /** @return iterable<string, array{Encoding}> */
    public function encodings(): iterable
    {
        yield 'json' => [new JsonEncoding()];
        if (MessagePackEncoding::ifInstalled() !== null) {
            yield 'msgpack' => [MessagePackEncoding::ifInstalled()];
        }
    }

    /** @dataProvider encodings */
    public function testGivesBackWhatItTook(Encoding $encoding): void
    {
        $map = ['text' => 'ü/x', 'int' => PHP_INT_MAX, 'float' => 1.0, 'null' => null, 'bool' => false];
        $map += ['list' => [1, []], 'map' => ['k' => 1]];

        self::assertSame($map, $encoding->decode($encoding->encode($map)));
    }

    /** @dataProvider encodings */
    public function testKeepsTheOrderOfFields(Encoding $encoding): void
    {
        $map = ['task_id' => 'a', 'ok' => true, 'result' => 1];

        self::assertSame(array_keys($map), array_keys($encoding->decode($encoding->encode($map))));
    }

    public function testTellsTheEncodingsApartByTheFirstByte(): void
    {
        $encodings = new Encodings();
        foreach (['{}', ' {}', "\n{}", "\t{}", "\r\n{}"] as $json) {
            self::assertSame($encodings->json, $encodings->of($json));
        }
        foreach (["\x80", "\x8f", "\xde\0\0", "\xdf\0\0\0\0"] as $messagePack) {
            self::assertSame($encodings->messagePack, $encodings->of($messagePack));
        }
        foreach (['', 'x', '[1]', "\x90", "\xc1", "\xdd", "\x7f", "\0"] as $other) {
            try {
                $encodings->of($other);
                self::fail(bin2hex($other));
            } catch (MalformedBody) {
                self::assertTrue(true);
            }
        }
    }

    public function testMessagePackDoesNotCreateObjects(): void
    {
        $packed = msgpack_pack(['o' => new \ArrayObject([1])]);

        self::assertIsNotObject(MessagePackEncoding::ifInstalled()?->decode($packed)['o']);
    }
}
