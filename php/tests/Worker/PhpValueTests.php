<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Worker;

use ArrayObject;
use B7s\Parallite\Tests\Support\Order;
use B7s\Parallite\Tests\Support\OrderFailed;
use B7s\Parallite\Tests\Support\Suit;
use B7s\Parallite\Wire\PhpException;
use B7s\Parallite\Wire\PhpValue;
use Closure;
use DateTimeImmutable;

/**
 * Values that keep their PHP types on the way (`accept: "php"`, arguments), and those that can't travel.
 */
trait PhpValueTests
{
    /**
     * @return array<string, mixed>
     */
    private static function performPhp(Closure $task, string $library, string $encoding): array
    {
        return self::perform($task, $library, $encoding, ['accept' => 'php']);
    }

    /** @param array<array-key, mixed> $arguments */
    private static function withArguments(Closure|string $task, array $arguments, string $library): string
    {
        return 'parallite:1:' . PhpValue::encode([self::payload($task, $library), $arguments]);
    }

    /** @dataProvider languages */
    public function testReturnsPhpValuesWithTheirTypes(string $library, string $encoding): void
    {
        $reply = self::performPhp(static function (): array {
            $order = new Order(7, new DateTimeImmutable('2024-02-29 12:00:00.5 Europe/Berlin'));
            return [
                'object' => $order, 'same' => $order, 'enum' => Suit::Hearts, 'nan' => NAN, 'inf' => -INF,
                'binary' => "\xff\0", 'list' => new ArrayObject([1]), 'int' => 1, 'float' => 2.0, 'null' => null,
            ];
        }, $library, $encoding);

        self::assertSame('php', $reply['result_encoding']);
        $value = PhpValue::decode($reply['result']);
        $placedAt = new DateTimeImmutable('2024-02-29 12:00:00.5 Europe/Berlin');
        self::assertEquals(new Order(7, $placedAt), $value['object']);
        self::assertSame($value['object'], $value['same']);
        self::assertSame(Suit::Hearts, $value['enum']);
        self::assertNan($value['nan']);
        self::assertSame([-INF, "\xff\0", 1, 2.0, null], [
            $value['inf'], $value['binary'], $value['int'], $value['float'], $value['null'],
        ]);
        self::assertEquals(new ArrayObject([1]), $value['list']);
    }

    /** @dataProvider languages */
    public function testReturnsClosures(string $library, string $encoding): void
    {
        $reply = self::performPhp(static function (): array {
            $factor = 3;
            return [
                'deep' => [
                    new Order(7, new DateTimeImmutable('@0')),
                    'times' => static fn(int $x): int => $x * $factor,
                ],
            ];
        }, $library, $encoding);
        $value = PhpValue::decode($reply['result']);
        self::assertSame(12, $value['deep']['times'](4));
        self::assertSame(7, $value['deep'][0]->id);

        $inObject = self::performPhp(
            static function (): array {
                return [(object) ['f' => static fn() => 'within']];
            },
            $library,
            $encoding,
        );
        self::assertSame('within', (PhpValue::decode($inObject['result'])[0]->f)());

        $itself = self::performPhp(static function (): Closure {
            return static fn() => 'inner';
        }, $library, $encoding);
        self::assertSame('inner', PhpValue::decode($itself['result'])());
    }

    /** @dataProvider encodings */
    public function testScalarsAsPhpValues(string $encoding): void
    {
        foreach ([null, false, true, 0, 'text', '', 1.5, []] as $value) {
            $reply = self::performPhp(static fn() => $value, 'laravel', $encoding);
            self::assertSame($value, PhpValue::decode($reply['result']));
        }
    }

    /** @dataProvider languages */
    public function testPassesArguments(string $library, string $encoding): void
    {
        $order = new Order(7, new DateTimeImmutable('@0'));
        $arguments = [$order, 'suit' => Suit::Spades, 'f' => static fn() => 'called'];
        $task = static fn(Order $order, callable $f, Suit $suit): array => [$order->id, $suit->value, $f()];
        $payload = self::withArguments($task, $arguments, $library);

        $reply = self::ask(['payload' => $payload], $encoding);
        self::assertSame([7, 'S', 'called'], $reply['result'] ?? $reply);
        $base64 = 'parallite:1:' . base64_encode(substr($payload, 12));
        self::assertSame([7, 'S', 'called'], self::ask(['payload' => $base64], $encoding)['result']);
        $named = self::withArguments('str_pad', ['x', 'length' => 3, 'pad_string' => '-'], $library);
        self::assertSame('x--', self::ask(['payload' => $named], $encoding)['result']);
        $none = self::withArguments(static fn(mixed ...$all) => $all, [], $library);
        self::assertSame([], self::ask(['payload' => $none, 'context' => 'unused'], $encoding)['result']);
    }

    /** @dataProvider encodings */
    public function testRefusesArgumentsThatCannotBeRebuilt(string $encoding): void
    {
        $unknown = str_replace('Support\Order"', 'Support\Ordex"', PhpValue::encode(
            ['is_object', [new Order(1, new DateTimeImmutable('@0'))]],
        ));
        foreach (
            [
                'parallite:1:' . $unknown => 'class B7s\Parallite\Tests\Support\Ordex is not known to the worker',
                'parallite:1:a:2:{i:0;s:2:"' => 'the arguments cannot be unserialized',
                'parallite:1:' . serialize(['pi']) => 'the list of a payload and its arguments',
                'parallite:1:' => 'the arguments cannot be unserialized',
                'parallite:1:' . serialize(['no_such_function', []]) => 'neither a serialized closure',
            ] as $payload => $message
        ) {
            self::assertFailed('INVALID_PAYLOAD', $message, self::ask(['payload' => $payload], $encoding));
        }
    }

    /** @dataProvider languages */
    public function testRefusesAClosureThatCapturedAnObjectOfAnUnknownClass(string $library, string $encoding): void
    {
        $order = new Order(1, new DateTimeImmutable('@0'));
        $payload = self::payload(static fn() => $order->id, $library);
        $payload = str_replace('Support\Order"', 'Support\Ordex"', $payload);

        $reply = self::ask(['payload' => $payload], $encoding);

        self::assertFailed('INVALID_PAYLOAD', 'class B7s\Parallite\Tests\Support\Ordex is not known', $reply);
    }

    /** @return array<string, array{Closure, string}> */
    public static function unserializable(): array
    {
        $connected = static function (): object {
            $order = new Order(1, new DateTimeImmutable('@0'));
            $order->notes = ['db' => [1, new \PDO('sqlite::memory:')]];
            return $order;
        };
        return [
            'generator' => [static fn() => (static fn() => yield 1)(), 'result is a Generator'],
            'anonymous class' => [static fn() => [new class () {
            }], 'result[0] is an object of an anonymous class'],
            'resource' => [static fn() => ['file' => STDERR], "result['file'] is a resource (stream)"],
            'resource in an object' => [static fn() => (object) ['f' => [STDERR]], 'result->f[0] is a resource (stream)'],
            'in private properties' => [
                static function (): object {
                    $order = new Order(1, new DateTimeImmutable('@0'));
                    $order->attach($order);
                    $order->attach(new \ReflectionClass(\stdClass::class));
                    return $order;
                },
                'result->attached[1] is a ReflectionClass',
            ],
            'weak map beside a closure' => [
                static fn() => [
                    'f' => static fn() => 1,
                    'x' => new \WeakMap(),
                ],
                "result['x'] is a WeakMap",
            ],
            'what PHP keeps nothing of' => [
                static fn() => ['queue' => new \SplPriorityQueue()],
                "result['queue'] is a SplPriorityQueue",
            ],
            'very deep' => [
                static function (): array {
                    $deep = [];
                    for ($i = 0; $i < 100_000; $i++) {
                        $deep = [$deep];
                    }
                    return $deep;
                },
                'nested deeper than 4000 levels',
            ],
            'a long chain of objects' => [
                static function (): object {
                    $deep = new \stdClass();
                    for ($i = 0; $i < 20_000; $i++) {
                        $deep = (object) ['next' => $deep];
                    }
                    return $deep;
                },
                'result->next->next->next',
            ],
        ];
    }

    /** @dataProvider unserializable */
    public function testNamesWhatCannotBeSerialized(Closure $task, string $message): void
    {
        foreach (self::languages() as [$library, $encoding]) {
            $reply = self::performPhp($task, $library, $encoding);
            self::assertFailed('RESULT_NOT_ENCODABLE', $message, $reply);
            self::assertArrayNotHasKey('exception', $reply);
        }
    }

    /** @dataProvider languages */
    public function testExceptionsTravelAsThemselves(string $library, string $encoding): void
    {
        $reply = self::performPhp(static function (): void {
            $inner = static function (string $secret): void {
                $cause = new \PDOException('gone');
                $cause->errorInfo = ['HY000', 7, 'x'];
                throw new OrderFailed(new Order(5, new DateTimeImmutable('@0')), $cause);
            };
            $inner('pass' . 'word');
        }, $library, $encoding);

        self::assertFailed('EXCEPTION', 'order 5 failed', $reply);
        self::assertSame('php', $reply['exception_encoding']);
        $e = PhpException::decode($reply['exception'], $reply);
        self::assertInstanceOf(OrderFailed::class, $e);
        self::assertSame(['order 5 failed', 42, 5], [$e->getMessage(), $e->getCode(), $e->order->id]);
        self::assertSame('{closure}', $e->getFile());
        self::assertSame(['HY000', 7, 'x'], $e->getPrevious()->errorInfo);
        self::assertStringContainsString('{closure}', $e->getTraceAsString());
        self::assertStringNotContainsString('TaskRunner', $e->getTraceAsString());
        self::assertStringNotContainsString('password', serialize($e));
    }

    /** @dataProvider encodings */
    public function testExceptionsKeepCodesThatAreStrings(string $encoding): void
    {
        $reply = self::performPhp(static function (): void {
            (new \ReflectionProperty(\Exception::class, 'code'))->setValue($e = new \PDOException('no table'), '42S02');
            throw $e;
        }, 'laravel', $encoding);

        $e = PhpException::decode($reply['exception'], $reply);
        self::assertInstanceOf(\PDOException::class, $e);
        self::assertSame('42S02', $e->getCode());
    }

    /** @dataProvider encodings */
    public function testExceptionsThatCannotTravelComeAsFields(string $encoding): void
    {
        $anonymous = static fn() => throw new class ('x') extends \Exception {
        };
        $huge = static function (): void {
            $e = new OrderFailed(new Order(5, new DateTimeImmutable('@0')), null);
            $e->callback = str_repeat('x', 2_000_000);
            throw $e;
        };
        foreach ([$anonymous, $huge] as $task) {
            $reply = self::performPhp($task, 'laravel', $encoding);
            self::assertSame('EXCEPTION', $reply['error_code']);
            self::assertArrayNotHasKey('exception', $reply);
            self::assertArrayHasKey('trace', $reply);
        }
    }

    /** @dataProvider encodings */
    public function testExceptionsKeepTheirClassWithoutWhatCannotTravel(string $encoding): void
    {
        $reply = self::performPhp(static function (): void {
            $cause = new OrderFailed(new Order(6, new DateTimeImmutable('@0')), null);
            $cause->callback = fopen('php://memory', 'r');
            $e = new OrderFailed(new Order(5, new DateTimeImmutable('@0')), $cause);
            $e->callback = new \WeakMap();
            throw $e;
        }, 'laravel', $encoding);

        $e = PhpException::decode($reply['exception'], $reply);
        self::assertInstanceOf(OrderFailed::class, $e);
        self::assertSame([5, null, 'order 5 failed', 42], [$e->order->id, $e->callback, $e->getMessage(), $e->getCode()]);
        self::assertSame([6, null], [$e->getPrevious()->order->id, $e->getPrevious()->callback]);
        foreach ([$e, $e->getPrevious()] as $link) {
            self::assertStringContainsString('without $callback, which cannot leave the worker', $link->getTraceAsString());
        }
    }

    /** @dataProvider encodings */
    public function testExceptionsTravelWithTheClosuresInThem(string $encoding): void
    {
        $reply = self::performPhp(static function (): void {
            $e = new OrderFailed(new Order(5, new DateTimeImmutable('@0')), null);
            $e->callback = static fn() => 'called';
            throw new \DomainException('outer', 3, $e);
        }, 'laravel', $encoding);

        $e = PhpException::decode($reply['exception'], $reply);
        self::assertSame('called', ($e->getPrevious()->callback)());
    }

    /** @dataProvider encodings */
    public function testAnExceptionWhoseCauseCannotTravelComesWithoutIt(string $encoding): void
    {
        $reply = self::performPhp(static function (): void {
            $cause = new class ('inner') extends \Exception {
            };
            throw new \DomainException('outer', 3, $cause);
        }, 'laravel', $encoding);

        $e = PhpException::decode($reply['exception'], $reply);
        self::assertInstanceOf(\DomainException::class, $e);
        self::assertNull($e->getPrevious());
        self::assertStringContainsString('caused by Exception@anonymous: inner', $reply['trace']);
    }

    public function testExceptionsOfErrorAndUnknownClasses(): void
    {
        $reply = self::performPhp(static fn() => intdiv(1, 0), 'laravel', 'json');
        self::assertInstanceOf(\DivisionByZeroError::class, PhpException::decode($reply['exception'], $reply));

        $blob = str_replace('DivisionByZeroError', 'DivisionByNoneError', base64_decode($reply['exception']));
        self::assertNull(PhpException::decode($blob, $reply));
        self::assertNull(PhpException::decode('damaged', $reply));
    }
}
