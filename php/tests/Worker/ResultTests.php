<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

use ArrayObject;
use DateTimeImmutable;
use DateTimeZone;

/**
 * Values that travel, and values that can't.
 */
trait ResultTests
{
    /** @dataProvider languages */
    public function testReturnsPlainValuesAsTheyAre(string $library, string $encoding): void
    {
        $values = static fn(): array => [
            null, true, false, 0, -1, PHP_INT_MAX, PHP_INT_MIN, 1.5, 2.0, '', 'Grüße/日本', [], [1, [2, [3]]],
            ['a' => 1, 'b' => ['c' => null]], [5 => 'five', 9 => 'nine'],
        ];

        self::assertSame($values(), self::perform($values, $library, $encoding)['result']);
    }

    /** @dataProvider languages */
    public function testGivesObjectsASensibleForm(string $library, string $encoding): void
    {
        $reply = self::perform(static function (): array {
            eval('enum Suit: string { case Hearts = "H"; } enum Unit { case One; }');
            return [
                'date' => new DateTimeImmutable('2024-02-29 12:00:00.5', new DateTimeZone('Europe/Berlin')),
                'zone' => new DateTimeZone('Europe/Berlin'),
                'enums' => [constant('Suit::Hearts'), constant('Unit::One')],
                'array object' => new ArrayObject(['a' => new ArrayObject([1])]),
                'plain' => (object) ['x' => 1, 'y' => (object) ['z' => 2]],
                'json' => new class () implements \JsonSerializable {
                    public function jsonSerialize(): array
                    {
                        return ['when' => new DateTimeImmutable('@0')];
                    }
                },
                'itself' => new class () implements \JsonSerializable {
                    public int $x = 1;

                    public function jsonSerialize(): static
                    {
                        return $this;
                    }
                },
                'visible' => new class () {
                    public int $a = 1;
                    protected int $b = 2;
                    private int $c = 3;
                },
                'exception' => new \LogicException('no', 7),
            ];
        }, $library, $encoding);

        self::assertSame([
            'date' => '2024-02-29T12:00:00.500000+01:00',
            'zone' => 'Europe/Berlin',
            'enums' => ['H', 'One'],
            'array object' => ['a' => [1]],
            'plain' => ['x' => 1, 'y' => ['z' => 2]],
            'json' => ['when' => '1970-01-01T00:00:00.000000+00:00'],
            'itself' => ['x' => 1],
            'visible' => ['a' => 1],
            'exception' => ['class' => 'LogicException', 'message' => 'no', 'code' => 7],
        ], $reply['result'] ?? $reply);
        self::assertWorkerCanBeReplaced();
    }

    /** The enums of the test above can't be declared twice in one process. */
    private static function assertWorkerCanBeReplaced(): void
    {
        self::forget();
        self::assertTrue(self::perform('phpversion')['ok']);
    }

    public function testObjectsAreMapsInJsonEvenWhenEmptyOrNumbered(): void
    {
        $payload = self::payload(static fn() => [new \stdClass(), (object) ['a', 'b'], []], 'laravel');
        self::worker()->send(self::worker()->encode(['task_id' => 'a', 'payload' => $payload], 'json'));
        self::assertStringContainsString('[{},{"0":"a","1":"b"},[]]', (string) self::worker()->readBody());
    }

    /** @return array<string, array{\Closure, string}> */
    public static function unencodable(): array
    {
        return [
            'closure' => [static fn() => static fn() => 1, 'result is a Closure'],
            'nested closure' => [static fn() => ['a' => [0, static fn() => 1]], 'result.a[1] is a Closure'],
            'closure in an object' => [
                static fn() => (object) ['f' => static fn() => 1],
                'result.f is a Closure',
            ],
            'resource' => [static fn() => ['file' => STDERR], 'result.file is resource (stream)'],
            'generator' => [static fn() => (static fn() => yield 1)(), 'result is a Generator'],
            'internal object' => [static fn() => [new \WeakMap()], 'result[0] is a WeakMap'],
            'circular object' => [
                static function (): object {
                    $object = new \stdClass();
                    $object->self = $object;
                    return $object;
                },
                'circular or nested deeper than 512 levels, at result.self.self',
            ],
            'circular array' => [
                static function (): array {
                    $array = ['x' => 1];
                    $array['self'] = &$array;
                    return $array;
                },
                'circular',
            ],
            'endless JsonSerializable' => [
                static function (): object {
                    return new class () implements \JsonSerializable {
                        public function jsonSerialize(): mixed
                        {
                            return clone $this;
                        }
                    };
                },
                'circular',
            ],
            'very deep' => [
                static function (): array {
                    $deep = [];
                    for ($i = 0; $i < 100_000; $i++) {
                        $deep = [$deep];
                    }
                    return $deep;
                },
                'nested deeper than 512 levels',
            ],
        ];
    }

    /** @dataProvider unencodable */
    public function testNamesWhatCannotBeEncoded(\Closure $task, string $message): void
    {
        foreach (self::languages() as [$library, $encoding]) {
            self::assertFailed('RESULT_NOT_ENCODABLE', $message, self::perform($task, $library, $encoding));
        }
    }

    /** @dataProvider languages */
    public function testReturnsDeepValuesUpToTheLimit(string $library, string $encoding): void
    {
        $reply = self::perform(static function (): array {
            $deep = [];
            for ($i = 0; $i < 500; $i++) {
                $deep = [$deep];
            }
            return $deep;
        }, $library, $encoding);

        self::assertTrue($reply['ok'], $reply['error'] ?? '');
    }

    public function testNumbersThatJsonLacksTravelInMessagePack(): void
    {
        $nan = static fn() => ['mean' => NAN, 'max' => INF];

        self::assertFailed('RESULT_NOT_ENCODABLE', 'result.mean is NAN', self::perform($nan));
        $result = self::perform($nan, 'laravel', 'msgpack')['result'];
        self::assertNan($result['mean']);
        self::assertInfinite($result['max']);
    }

    public function testBinaryStringsTravelInMessagePack(): void
    {
        $binary = static fn() => ['files' => [['name' => 'x', 'bytes' => "\xff\xfe\0"]]];

        self::assertSame("\xff\xfe\0", self::perform($binary, 'laravel', 'msgpack')['result']['files'][0]['bytes']);
        $reply = self::perform($binary);
        self::assertFailed('RESULT_NOT_ENCODABLE', 'result.files[0].bytes is a string that is not valid UTF-8', $reply);
        self::assertStringContainsString('MessagePack', $reply['error']);

        self::assertFailed('RESULT_NOT_ENCODABLE', 'a key of result', self::perform(static fn() => ["\xff" => 1]));
    }

    /** @dataProvider languages */
    public function testRefusesAResultThatIsTooLarge(string $library, string $encoding): void
    {
        $text = static fn() => str_repeat('x', 50_000_000);
        $list = static fn() => array_fill(0, 12, str_repeat('x', 1_000_000));

        foreach ([$text, $list] as $task) {
            $reply = self::perform($task, $library, $encoding);
            self::assertFailed('RESULT_TOO_LARGE', 'exceeds max_payload_bytes=10485760', $reply);
        }
    }

    /** @dataProvider encodings */
    public function testSendsAndTakesFiftyMegabytesWhereAllowed(string $encoding): void
    {
        self::forget();
        $env = self::including() + ['PARALLITE_MAX_PAYLOAD_BYTES' => '60000000'];
        self::$worker = static::start($env, ['-d', 'memory_limit=1G']);

        $reply = self::perform(
            static fn(array $context) => $context['text'] . 'y',
            'laravel',
            $encoding,
            ['context' => ['text' => str_repeat('x', 50_000_000)]],
        );

        self::assertSame(50_000_001, strlen($reply['result']));
        self::forget();
    }

    public function testDoesNotWriteThroughReferencesInAResult(): void
    {
        $reply = self::perform(static function (): array {
            static $when;
            $when ??= new DateTimeImmutable('@0');
            $result = ['a' => &$when, 'check' => null];
            $result['check'] = new class ($when) implements \JsonSerializable {
                public function __construct(private mixed &$when)
                {
                }

                public function jsonSerialize(): string
                {
                    return get_debug_type($this->when);
                }
            };
            return $result;
        });

        self::assertSame('DateTimeImmutable', $reply['result']['check']);
    }
}
