<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Unit;

use B7s\Parallite\Wire\Encodings;
use B7s\Parallite\Wire\MalformedBody;
use PHPUnit\Framework\TestCase;

/** The frames that the Java and the PHP tests share; see src/test/frames/README.md. */
final class GoldenFramesTest extends TestCase
{
    private const DIRECTORY = __DIR__ . '/../../../src/test/frames';
    private const MALFORMED = 'refused MALFORMED_FRAME';

    /** @return iterable<string, array{string, string, array<string, mixed>}> */
    private static function frames(): iterable
    {
        foreach (glob(self::DIRECTORY . '/*.txt') ?: [] as $file) {
            $lines = file($file, FILE_IGNORE_NEW_LINES) ?: [];
            $verdict = array_shift($lines) ?? '';
            foreach ((new Encodings())->names() as $encoding) {
                $frame = substr($file, 0, -strlen('txt')) . $encoding;
                yield basename($frame) => [(string) file_get_contents($frame), $verdict, self::fields($lines)];
            }
        }
    }

    /**
     * @param list<string> $lines
     * @return array<string, mixed>
     */
    private static function fields(array $lines): array
    {
        $fields = [];
        foreach ($lines as $line) {
            [$name, $value] = explode(' = ', $line, 2);
            $fields[$name] = json_decode($value, true, 512, JSON_THROW_ON_ERROR);
        }
        return $fields;
    }

    /** @return iterable<string, array{string, string, array<string, mixed>}> */
    public static function wellFormed(): iterable
    {
        foreach (self::frames() as $name => $frame) {
            if ($frame[1] !== self::MALFORMED) {
                yield $name => $frame;
            }
        }
    }

    /**
     * Those in JSON: of a broken MessagePack map ext-msgpack reads what it can, and it is the daemon
     * that lets none pass.
     *
     * @return iterable<string, array{string}>
     */
    public static function malformed(): iterable
    {
        foreach (self::frames() as $name => $frame) {
            if ($frame[1] === self::MALFORMED && str_ends_with($name, '.json')) {
                yield $name => [$frame[0]];
            }
        }
    }

    /**
     * @dataProvider wellFormed
     * @param array<string, mixed> $fields
     */
    public function testReadsWhatTheFrameSays(string $body, string $verdict, array $fields): void
    {
        self::assertSame($fields, (new Encodings())->of($body)->decode($body));
    }

    /**
     * @dataProvider wellFormed
     * @param array<string, mixed> $fields
     */
    public function testWritesWhatReadsTheSame(string $body, string $verdict, array $fields): void
    {
        $encoding = (new Encodings())->of($body);

        self::assertSame($fields, $encoding->decode($encoding->encode($fields)));
    }

    /** @dataProvider malformed */
    public function testRefusesWhatIsNoMap(string $body): void
    {
        $this->expectException(MalformedBody::class);

        (new Encodings())->of($body)->decode($body);
    }
}
