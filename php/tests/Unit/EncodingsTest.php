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
    public static function encodings(): iterable
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

    /** @dataProvider encodings */
    public function testWritesALargeStringBehindTheRest(Encoding $encoding): void
    {
        $map = ['type' => 'submit', 'task_id' => 'a'];
        foreach ([1, 32_767, 32_768, 1_000_000] as $length) {
            $text = str_repeat('x', $length);
            foreach ([$map, [], array_fill_keys(range('a', 'p'), 1)] as $others) {
                $body = implode('', $encoding->encodeWith($others, 'payload', $text));
                self::assertSame($others + ['payload' => $text], $encoding->decode($body));
            }
        }
        $parts = $encoding->encodeWith($map, 'payload', $text);
        self::assertSame($encoding->isBinarySafe() ? $text : '', $parts[1], 'not copied, where that can be');
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
