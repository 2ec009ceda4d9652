<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Codec;

use B7s\Parallite\Codec\ClosureCodec;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Worker\PayloadDecoder;
use Closure;
use DateTimeImmutable as Moment;
use PHPUnit\Framework\TestCase;

use function strrev as backwards;

use const M_PI as PI;

/**
 * What every codec does, whatever library is behind it. What it makes is rebuilt as workers do.
 */
abstract class CodecContract extends TestCase
{
    protected const CARRIES_ENUMS = true;

    abstract protected static function codec(): ClosureCodec;

    private static function rebuilt(Closure $closure): Closure
    {
        [$callable] = (new PayloadDecoder())->decode(static::codec()->encode($closure));
        self::assertInstanceOf(Closure::class, $callable);
        return $callable;
    }

    private static function oldSyntax(): Closure
    {
        $level = error_reporting(E_ALL & ~E_DEPRECATED);
        $closure = require __DIR__ . '/old-syntax.php';
        error_reporting($level);
        return $closure;
    }

    public function testCarriesCodeAndCapturedValues(): void
    {
        $one = 1;
        $list = ['a' => [2.5, null, true]];
        $short = static fn(int $x): array => [$one, $list, $x];
        $long = static function (int ...$xs) use ($one, $list): array {
            return [$one, $list, ...$xs];
        };

        self::assertSame([1, $list, 7], self::rebuilt($short)(7));
        self::assertSame([1, $list, 8, 9], self::rebuilt($long)(8, 9));
    }

    public function testCarriesObjectsAndEnums(): void
    {
        $date = new \DateTimeImmutable('2024-02-29 12:00', new \DateTimeZone('Europe/Lisbon'));
        $point = new Point(3, new Point(4, null));
        $suit = static::CARRIES_ENUMS ? Suit::Hearts : null;
        $rebuilt = self::rebuilt(static fn(): array => [$date, $point, $suit]);

        [$d, $p, $s] = $rebuilt();
        self::assertEquals($date, $d);
        self::assertSame('Europe/Lisbon', $d->getTimezone()->getName());
        self::assertSame(4, $p->next->x);
        self::assertSame($suit, $s);
    }

    public function testCarriesClosuresWithinClosures(): void
    {
        $double = static fn(int $x): int => $x * 2;
        $later = static function (int $x) use ($double): Closure {
            return static fn(): int => $double($x);
        };

        self::assertSame(42, self::rebuilt($later)(21)());
    }

    public function testNamesMeanWhatTheyMeanWhereTheyAreWritten(): void
    {
        $names = static function (): array {
            return [Point::class, __NAMESPACE__, strlen('x'), twice(4), new Point(1, null) instanceof Point];
        };

        self::assertSame([Point::class, __NAMESPACE__, 1, 8, true], self::rebuilt($names)());
    }

    public function testTheSameCodeCapturesOtherValuesEachTime(): void
    {
        $results = [];
        foreach ([1, 'two', [3]] as $value) {
            $results[] = self::rebuilt(static fn(): mixed => $value)();
        }

        self::assertSame([1, 'two', [3]], $results);
    }

    public function testCodeWithoutCapturedValuesIsTheSameEachTime(): void
    {
        for ($i = 0; $i < 3; $i++) {
            self::assertSame(6, self::rebuilt(static fn(int $x): int => $x + 1)(5));
        }
    }

    public function testStaticVariablesBeginAnew(): void
    {
        $count = static function (): int {
            static $n = 0;
            return ++$n;
        };
        $count();

        $rebuilt = self::rebuilt($count);
        self::assertSame([1, 2], [$rebuilt(), $rebuilt()]);
        self::assertSame(1, self::rebuilt($count)());
    }

    public function testTakesTheObjectAlongThatTheCodeUses(): void
    {
        self::assertSame('secret of box', self::rebuilt((new Box('box'))->usesThis())());
        self::assertSame('secret of box', self::rebuilt((new Box('box'))->usesThisWithin())()());
    }

    public function testLeavesTheObjectBehindThatTheCodeDoesNotUse(): void
    {
        $box = new Box('box', fopen('php://memory', 'r'));

        self::assertSame('nothing', self::rebuilt($box->usesNothing())());
        self::assertStringNotContainsString('label', static::codec()->encode($box->usesNothing()));
        self::assertSame(Box::class, self::rebuilt($box->usesScope())(), 'self needs no object');
    }

    /** As the closures in tests of Pest are: bound to an object of a class that is made for each file. */
    public function testLeavesAnEvaluatedClassBehind(): void
    {
        $class = 'Evaluated' . bin2hex(random_bytes(4));
        eval("final class $class extends \\ArrayObject {}");
        $closure = Closure::bind(fn(): string => 'nothing', new $class(), $class);

        self::assertStringNotContainsString($class, static::codec()->encode($closure));
        self::assertSame('nothing', self::rebuilt($closure)());
    }

    public function testNamesThePropertyThatCannotTravel(): void
    {
        $failures = [
            '$this->stream is a resource' => static fn() => (new Box('b', fopen('php://memory', 'r')))->usesThis(),
            '$this->stream->files[1] is a SplFileInfo' => static function (): Closure {
                $box = new Box('b', new Box('inner'));
                $box->stream->files = [1 => new \SplFileInfo(__FILE__)];
                return $box->usesThis();
            },
        ];
        foreach ($failures as $expected => $make) {
            try {
                static::codec()->encode($make());
                self::fail($expected);
            } catch (ClosureNotSerializable $e) {
                self::assertStringContainsString($expected, $e->getMessage());
                self::assertStringContainsString('make the closure static', $e->getMessage());
            }
        }
    }

    public function testNamesTheVariableThatCannotTravel(): void
    {
        $stream = fopen('php://memory', 'r');
        $generator = (static function (): \Generator {
            yield 1;
        })();
        $shop = ['db' => ['reader' => $generator]];
        $failures = [
            '$stream is a resource' => static fn(): mixed => $stream,
            "\$shop['db']['reader'] is a Generator" => static fn(): mixed => $shop,
        ];
        foreach ($failures as $expected => $closure) {
            try {
                static::codec()->encode($closure);
                self::fail($expected);
            } catch (ClosureNotSerializable $e) {
                self::assertStringContainsString($expected, $e->getMessage());
                self::assertSame('CLOSURE_NOT_SERIALIZABLE', $e->getErrorCode());
            }
        }
    }

    public function testRefusesToGuessBetweenClosuresOfOneLine(): void
    {
        $pair = [static fn() => 'a', static fn() => 'b'];
        foreach ($pair as $closure) {
            try {
                static::codec()->encode($closure);
                self::fail();
            } catch (ClosureNotSerializable $e) {
                self::assertStringContainsString('2 closures begin in line', $e->getMessage());
                self::assertStringContainsString(basename(__FILE__), $e->getMessage());
            }
        }
    }

    public function testRefusesAClosureThatCouldBeTheOneAroundIt(): void
    {
        $outer = static fn() => static fn() => 'inner';
        if (PHP_VERSION_ID >= 80400) {
            self::assertSame('inner', self::rebuilt($outer())(), 'its name tells');
            return;
        }
        $this->expectException(ClosureNotSerializable::class);
        $this->expectExceptionMessage('write each in a line of its own');
        static::codec()->encode($outer());
    }

    public function testTakesTheFirstOfALineThatCanBeTold(): void
    {
        [$first] = [static fn($a) => "first $a", static fn($a, $b) => "second $a $b"];

        self::assertSame('first 1', self::rebuilt($first)(1));
    }

    public function testTakesAnotherOfALineThatCanBeTold(): void
    {
        [, $second] = [static fn($a) => 1, static fn($a, $b) => [$a, new Moment('@0'), backwards('ab'), PI]];

        $expected = ['x', new \DateTimeImmutable('@0'), 'ba', M_PI];
        self::assertEquals($expected, self::rebuilt($second)('x', 'y'));
        [, $third] = [fn() => 2, static function (int $n): array { return [$n, __FILE__, basename(__DIR__), self::class]; }];
        self::assertSame([5, __FILE__, 'Codec', self::class], self::rebuilt($third)(5));
    }

    /** @return iterable<string, array{mixed}> what holds one of two closures of a line, or one without a file */
    public static function ambiguous(): iterable
    {
        [$a, $b] = [static fn() => 'a', static fn() => 'b'];
        $object = new \stdClass();
        $object->list = ['deep' => [$b]];
        $list = [&$list, $b];
        $between = static fn() => $a();
        yield 'a variable' => [$b];
        yield 'an array within an object' => [$object];
        yield 'a property of an object' => [new Box('x', $b)];
        yield 'an array that holds itself' => [$list];
        yield 'another closure' => [$between];
        yield 'the object of a closure' => [(new Box('x', $b))->usesThis()];
        yield 'evaluated code' => [eval('return static fn() => 1;')];
    }

    /** @dataProvider ambiguous */
    public function testRefusesToGuessWhichClosureWasCaptured(mixed $value): void
    {
        $this->expectException(ClosureNotSerializable::class);
        $this->expectExceptionMessageMatches('/^(2 closures begin in line \d+ of .*CodecContract|the closure comes from eval)/');
        static::codec()->encode(static fn() => $value);
    }

    public function testRefusesToGuessWhichClosureItsObjectHolds(): void
    {
        [, $b] = [static fn() => 'a', static fn() => 'b'];

        $this->expectException(ClosureNotSerializable::class);
        $this->expectExceptionMessage('2 closures begin in line');
        static::codec()->encode((new Box('x', [$b]))->usesThis());
    }

    public function testClosuresOfOneLineMayBeCapturedWhereTheyCanBeTold(): void
    {
        [$one, $two] = [static fn($x) => "one $x", static fn($x, $y) => "two $x $y"];
        $box = new Box('label', [$two]);
        try {
            self::assertSame('one 1, two 1 2', self::rebuilt(static fn() => $one(1) . ', ' . $two(1, 2))());
            self::assertSame('two 3 4', self::rebuilt(static fn() => ($box->stream[0])(3, 4))());
        } catch (ClosureNotSerializable $e) {
            self::assertStringContainsString('the closure captured another one, from line', $e->getMessage());
        }
    }

    public function testCapturesFunctionsAndMethodsByName(): void
    {
        $length = strlen(...);
        $make = Box::make(...);
        $method = (new Box('method'))->method(...);
        foreach ([[$length, ['abc'], 3], [$make, ['x'], 'made x'], [$method, [5], 'method 5']] as [$callable, $args, $expected]) {
            try {
                self::assertSame($expected, self::rebuilt(static fn(mixed ...$args) => $callable(...$args))(...$args));
            } catch (ClosureNotSerializable $e) {
                self::assertStringContainsString('(...), which the library for closures', $e->getMessage());
            }
        }
    }

    public function testErrorsOfTheProgramReachItsHandler(): void
    {
        $seen = [];
        $noisy = new Noisy();
        set_error_handler(static function (int $level, string $message) use (&$seen): bool {
            $seen[] = $message;
            return true;
        });
        try {
            static::codec()->encode(static fn() => $noisy);
        } finally {
            restore_error_handler();
        }

        self::assertContains('serialized', $seen);
    }

    public function testTakesAnyOfALineIfTheyAreTheSame(): void
    {
        $pair = [static fn(int $x): int => $x + 1, static fn(int $x): int => $x + 1];

        self::assertSame([3, 3], [self::rebuilt($pair[0])(2), self::rebuilt($pair[1])(2)]);
    }

    public function testCodeThatTheLibraryReadsWronglyIsNotSent(): void
    {
        $closures = [
            static fn(array $a = ['x' => [1, 2]]): int => count($a['x']),
            self::oldSyntax(),
            static function (): int {
                return (new class {
                    public function twice(): int
                    {
                        return 2;
                    }
                })->twice();
            },
        ];
        foreach ($closures as $closure) {
            try {
                self::assertSame(2, self::rebuilt($closure)());
            } catch (ClosureNotSerializable $e) {
                self::assertStringContainsString('reads the code of the closure wrongly', $e->getMessage());
            }
        }
    }

    public function testRefusesEvaluatedCode(): void
    {
        $closure = eval('return static fn(): int => 1;');

        $this->expectException(ClosureNotSerializable::class);
        $this->expectExceptionMessage('comes from eval()');
        static::codec()->encode($closure);
    }

    public function testRefusesCodeThatHasChangedSince(): void
    {
        $file = (string) tempnam(sys_get_temp_dir(), 'parallite');
        file_put_contents($file, "<?php\nreturn static fn(): int => 1;\n");
        $closure = require $file;
        file_put_contents($file, "<?php\n\n// moved\nreturn static fn(): int => 2;\n");
        try {
            static::codec()->encode($closure);
            self::fail();
        } catch (ClosureNotSerializable $e) {
            self::assertStringContainsString('was changed after', $e->getMessage());
        } finally {
            unlink($file);
        }
    }

    public function testTheClassOfAnonymousObjectsStaysBehind(): void
    {
        $object = new class {
            public string $name = 'anonymous';

            public function usesNothing(): Closure
            {
                return fn(): string => 'free';
            }

            public function usesThis(): Closure
            {
                return fn(): string => $this->name;
            }
        };

        self::assertSame('free', self::rebuilt($object->usesNothing())());
        $this->expectException(ClosureNotSerializable::class);
        $this->expectExceptionMessage('whose class is anonymous');
        static::codec()->encode($object->usesThis());
    }

    public function testRebuiltClosuresTravelOn(): void
    {
        $factor = 3;
        $rebuilt = self::rebuilt(static fn(int $x): int => $x * $factor);

        self::assertSame(15, self::rebuilt($rebuilt)(5));
    }

    public function testAClosureWithinARebuiltOneIsNotTheOneAroundIt(): void
    {
        $around = self::rebuilt(static fn(): Closure => static fn(): int => 7);
        $within = $around();
        set_error_handler(static function (int $level, string $message): never {
            throw new \ErrorException($message);
        });
        try {
            $payload = static::codec()->encode($within);
        } finally {
            restore_error_handler();
        }

        self::assertSame(7, self::rebuilt($within)());
        self::assertNotSame('', $payload);
    }

    public function testCodeOfManyShapes(): void
    {
        $shapes = [
            static fn(array $a = [1, [2]], string|int|null $b = null): array => [$a, $b],
            static function (int $n, callable ...$rest): string {
                $text = "{$n} $n";
                return $text . array_sum(array_map(function ($x) { return $x * 2; }, [$n]));
            },
            #[\JetBrains\PhpStorm\Pure]
            static
            fn(
                int $x,
            )
                : int
                => match (true) {
                    $x > 1 => [1, 2, 3][$x % 3],
                    default => 0,
                },
            static fn(int $x): Closure => static fn(int $y): int => $x + $y,
        ];

        self::assertSame([[1, [2]], null], self::rebuilt($shapes[0])());
        self::assertSame('4 48', self::rebuilt($shapes[1])(4));
        self::assertSame(2, self::rebuilt($shapes[2])(4));
        self::assertSame(5, self::rebuilt($shapes[3])(2)(3));
    }
}
