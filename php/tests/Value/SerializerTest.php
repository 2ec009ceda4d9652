<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Value;

use ArrayObject;
use B7s\Parallite\TaskPayload;
use B7s\Parallite\Value\Deserializer;
use B7s\Parallite\Value\Serializer;
use B7s\Parallite\Wire\PhpException;
use B7s\Parallite\Wire\PhpValue;
use B7s\Parallite\Worker\PayloadDecoder;
use Closure;
use DateTimeImmutable;
use LogicException;
use PHPUnit\Framework\TestCase;
use SplObjectStorage;
use stdClass;
use Throwable;

require_once __DIR__ . '/values.php';

/**
 * Values that travel, and are what they were when they arrive.
 */
final class SerializerTest extends TestCase
{
    /**
     * @template T
     * @param T $value
     * @return T
     */
    private static function copy(mixed $value): mixed
    {
        return PhpValue::decode(PhpValue::encode($value));
    }

    /** What a task returns in a worker. */
    private static function inWorker(callable $task, mixed ...$args): mixed
    {
        [$callable, $arguments] = (new PayloadDecoder())->decode((new TaskPayload())->of($task, $args));
        return $callable(...$arguments ?? []);
    }

    public function testWhatHoldsNoClosureIsWhatSerializeMakesOfIt(): void
    {
        $shared = new Items([1]);
        $value = ['list' => range(1, 3), 'object' => $shared, 'same' => $shared, 'day' => new Day('2030-01-02'), Level::High];
        $value['reference'] = &$value['list'];

        self::assertSame(serialize($value), PhpValue::encode($value));
    }

    public function testAsksAnObjectOnceWhatIsSerializedOfIt(): void
    {
        foreach ([[1], [static fn() => 1]] as $beside) {
            Asked::$times = 0;
            $copy = self::copy([new Asked('kept', STDIN), $beside])[0];
            self::assertSame(['kept', 'was dropped'], [$copy->kept, $copy->dropped]);
            self::assertSame(1, Asked::$times);
        }
    }

    public function testAnObjectThatGivesClosuresIsBuiltWithThem(): void
    {
        $asked = new Asked(static fn(): int => 7);

        self::assertSame(7, (self::copy($asked)->kept)());
    }

    public function testClosuresInTypedPropertiesAreClosures(): void
    {
        $service = self::copy(new Service());

        self::assertSame(Closure::class, get_class($service->handler));
        self::assertSame(8, ($service->handler)(3));
        self::assertSame($service, $service->self());
        self::assertSame($service->handler, $service->tabled());
    }

    public function testPrivatePropertiesOfAParentAreItsOwn(): void
    {
        $derived = new Derived();
        $derived->hide(static fn(): string => '!', 'hidden');
        $derived->loose = static fn(): int => 1;

        $copy = self::copy($derived);
        self::assertSame('hidden!', $copy->reveal());
        self::assertSame('derived', $copy->derivedSecret());
    }

    public function testPropertiesThatAreSetOnceAreSetByTheClassThatDeclaresThem(): void
    {
        $fixed = self::copy(new Refixed(static fn(): int => 5));

        self::assertSame(5, ($fixed->first)());
        self::assertSame([$fixed->first, $fixed->first], [$fixed->own, $fixed->list()[0]]);
    }

    public function testWhatAnObjectGivesBecomesItsPropertiesWhereItDoesNotTakeIt(): void
    {
        $given = self::copy(new Given(static fn(): int => 4));

        self::assertSame([4, 1], [($given->part())(), $given->more]);
    }

    public function testWhatAnObjectHoldsIsMadeBeforeIt(): void
    {
        self::assertTrue(self::copy(new Waiting(new Waiting(static fn(): int => 3)))->isReady);
    }

    public function testPropertiesWhoseNamesAreNumbers(): void
    {
        $object = (object) ['1' => static fn(): int => 2, 'x y' => 3];

        $copy = self::copy([$object])[0];
        self::assertSame([2, 3], [($copy->{'1'})(), $copy->{'x y'}]);
    }

    public function testObjectsThatAreCalledHoldClosures(): void
    {
        $caller = new Caller(static fn(int $n): int => $n + 1);

        self::assertSame([3, 4], [self::inWorker($caller, 2), self::inWorker([$caller, '__invoke'], 3)]);
    }

    public function testGeneratorsOfRandomNumbersGoOnWhereTheyWere(): void
    {
        $random = new \Random\Randomizer(new \Random\Engine\Mt19937(3));
        $random->getInt(1, 1_000);

        $copy = self::copy([$random, static fn() => 1])[0];
        self::assertSame($random->getInt(1, 1_000_000), $copy->getInt(1, 1_000_000));
    }

    public function testSleepAndWakeupAreCalledAsBySerialize(): void
    {
        $sleeper = new Sleeper(static fn(): int => 5);
        $sleeper->connection = STDIN;

        $copy = self::copy(['x' => $sleeper])['x'];
        self::assertSame(5, ($copy->kept())());
        self::assertNull($copy->connection);
        self::assertSame(['Closure'], $copy->woken);
    }

    public function testCollectionsAndDatesOfSubclassesKeepTheirItems(): void
    {
        $closure = static fn(): string => 'x';
        $items = new Items(['f' => $closure, 'n' => 1]);
        $items->label = $closure;
        $walk = new Walk([$closure]);
        $day = new Day('2030-01-02 Europe/Lisbon');
        $day->note = $closure;
        $storage = new SplObjectStorage();
        $storage[$closure] = $day;
        $list = new \SplDoublyLinkedList();
        $list->push($closure);
        $fixed = \SplFixedArray::fromArray([1, $closure]);

        [$i, $w, $d, $s, $l, $x, $f] = self::copy([$items, $walk, $day, $storage, $list, $fixed, $closure]);
        self::assertSame([Items::class, 2, 'x'], [$i::class, count($i), $i['f']()]);
        self::assertSame([$f, $f, $f], [$i['f'], $i->label, $w[0]]);
        self::assertSame(['2030-01-02', $f], [$d->format('Y-m-d'), $d->note]);
        self::assertSame($d, $s[$f]);
        self::assertSame([$f, $f], [$l[0], $x[1]]);
    }

    public function testObjectsAndReferencesAreTheSameInCapturesArgumentsAndStatics(): void
    {
        $order = new ArrayObject([1]);
        $count = 1;
        $task = static function (ArrayObject $same, Closure $increase) use ($order, &$count): array {
            $increase();
            return [$same === $order, $count];
        };
        $increase = static function () use (&$count): void {
            $count++;
        };

        self::assertSame([true, 2], self::inWorker($task, $order, $increase));
        self::assertSame(1, $count);
    }

    public function testTheResultIsAGraphToo(): void
    {
        $order = new ArrayObject();
        $fill = static function () use ($order): void {
            $order[] = 'filled';
        };

        [$o, $f] = self::copy([$order, $fill]);
        $f();
        self::assertSame(['filled'], $o->getArrayCopy());
        self::assertCount(0, $order);
    }

    public function testRecursiveClosuresTravelAgainAndAgain(): void
    {
        $sum = function (int $n) use (&$sum): int {
            return $n === 0 ? 0 : $n + $sum($n - 1);
        };

        for ($i = 0; $i < 3; $i++) {
            self::assertSame(6, self::inWorker($sum, 3));
            self::assertSame(10, self::copy($sum)(4));
            self::assertInstanceOf(Closure::class, $sum);
        }
        self::assertSame(6, $sum(3));
    }

    public function testClosuresThatCaptureWhatHoldsThem(): void
    {
        $holder = new \stdClass();
        $holder->f = static fn(): object => $holder;
        $holder->list = [$holder->f];
        $list = new ArrayObject();
        $list[] = static fn(): int => count($list);

        [$h, $l] = self::copy([$holder, $list]);
        self::assertSame($h, ($h->f)());
        self::assertSame($h->f, $h->list[0]);
        self::assertSame(1, $l[0]());
        $even = static function (int $n) use (&$odd): bool {
            return $n === 0 || $odd($n - 1);
        };
        $odd = static function (int $n) use ($even): bool {
            return $n !== 0 && $even($n - 1);
        };
        self::assertSame([true, true], [self::copy($even)(4), self::copy($odd)(5)]);
    }

    public function testArraysThatHoldThemselves(): void
    {
        foreach ([0, static fn(): int => 7] as $more) {
            $array = ['x' => 1, 'more' => $more];
            $array['self'] = &$array;

            $copy = self::copy($array);
            $copy['self']['x'] = 2;
            self::assertSame(2, $copy['self']['self']['x']);
            self::assertEquals($more === 0 ? 0 : 7, is_int($more) ? $copy['self']['more'] : $copy['self']['more']());
            unset($array);
        }
    }

    public function testArraysThatHoldThemselvesAndNobodyElseHolds(): void
    {
        $make = static function (): array {
            $array = ['x' => 1];
            $array['self'] = &$array;
            return [$array];
        };

        self::assertSame(1, self::copy($make())[0]['self']['self']['x']);
        self::assertSame(1, self::inWorker(static fn(array $array) => $array['self']['self']['x'], ...$make()));
    }

    /** @return iterable<string, array{callable(array<string, object>): array<array-key, mixed>}> */
    public function placesOfAnArray(): iterable
    {
        yield 'in a property' => [static fn(array $all): array => $all];
        yield 'deeper in a property' => [static fn(array $all): array => ['list' => ['of' => $all]]];
        yield 'beside a closure' => [static fn(array $all): array => ['list' => ['of' => $all], 'f' => static fn() => 1]];
        yield 'in an object within' => [static fn(array $all): array => [(object) ['all' => $all]]];
    }

    /**
     * @dataProvider placesOfAnArray
     * @param callable(array<string, object>): array<array-key, mixed> $place
     */
    public function testObjectsThatHoldTheArrayThatTheyAreIn(callable $place): void
    {
        [$a, $b] = [new stdClass(), new stdClass()];
        $all = ['a' => $a, 'b' => $b, 'n' => 1];
        $a->siblings = $b->siblings = $place($all); // all of them one array in memory
        $names = static fn(array $all): array => array_map(
            static fn($object) => is_object($object) ? self::shape($object->siblings) : $object,
            $all,
        );

        self::assertSame($names($all), $names(self::copy($all)));
        self::assertSame($names($all), $names(self::inWorker(static fn() => $all)));
        self::assertSame($names($all), $names(self::inWorker(static fn(array $all): array => $all, $all)));
        $copy = self::copy([$all]);
        self::assertSame($copy[0]['b'], self::first($copy[0]['a']->siblings)['b']);
    }

    /** @return array<string, mixed> the first array with a key "a" within */
    private static function first(mixed $value): array
    {
        $value = is_object($value) ? get_object_vars($value) : $value;
        return isset($value['a']) ? $value : self::first(reset($value));
    }

    private static function shape(mixed $value): mixed
    {
        return match (true) {
            $value instanceof Closure => 'closure',
            is_array($value) => array_map(self::shape(...), $value),
            !is_object($value) => $value,
            isset($value->all) => ['all' => self::shape($value->all)],
            default => $value::class,
        };
    }

    public function testReferencesWithinAndAroundClosures(): void
    {
        $shared = ['f' => static fn(): int => 1, 'n' => 1];
        $value = ['a' => &$shared, 'b' => &$shared, 'object' => (object) []];
        $value['object']->p = &$shared;

        $copy = self::copy($value);
        $copy['a']['n'] = 5;
        self::assertSame(5, $copy['b']['n']);
        self::assertSame(5, $copy['object']->p['n']);
        self::assertSame($copy['a']['f'], $copy['object']->p['f']);
        self::assertSame(1, $shared['n']);
    }

    public function testVariablesThatHaveTheNamesOfOurOwn(): void
    {
        [$__captured, $__parallite_statics] = [1, 2];
        $task = static function () use ($__captured, &$__parallite_statics): array {
            static $n = 3;
            return [$__captured, $__parallite_statics, $n];
        };

        self::assertSame([1, 2, 3], self::inWorker($task));
    }

    public function testStaticVariablesHaveTheirValuesOfTheTimeOfSending(): void
    {
        $count = static function (): int {
            static $n = 0;
            return ++$n;
        };
        $count();
        $count();

        self::assertSame([3, 4], [($copy = self::copy($count))(), $copy()]);
        self::assertSame([3, 3], [self::inWorker($count), self::inWorker($count)]);
        self::assertSame(3, $count());
    }

    public function testCallablesOfFunctionsAndMethods(): void
    {
        $derived = new Derived();
        $callables = [
            'ABC' => [strtoupper(...), 'abc'],
            'derived' => [$derived->name(...)],
            'base' => [$derived->parents()],
            'own of base' => [$derived->ownOne()],
            'base of ' . Derived::class => [Derived::parentsMade()],
            'base of ' . Inherits::class => [Inherits::made(...)],
            'base of ' . Base::class => [Base::made(...)],
            'called anything [1]' => [(new Magic())->anything(...), 1],
            Magic::class . ' called it' => [Magic::it(...)],
            'level High' => [Level::High->label(...)],
            '1970-01-01' => [(new DateTimeImmutable('@0'))->format(...), 'Y-m-d'],
            'x' => [(static fn(string $x): string => $x)->__invoke(...), 'x'],
        ];
        foreach ($callables as $expected => $call) {
            $callable = array_shift($call);
            self::assertSame($expected, self::copy([$callable])[0](...$call));
            self::assertSame($expected, self::inWorker($callable, ...$call));
        }
        self::assertSame(Level::Low, self::copy(Level::from(...))(1));
        self::assertSame('derived', self::inWorker([$derived, 'name']));
        self::assertSame('base of ' . Inherits::class, self::inWorker([Inherits::class, 'made']));
    }

    public function testFloatsKeepTheirBitsWhateverThePrecision(): void
    {
        $floats = [0.1234567890123, -0.0, NAN, INF, -INF, 5e-324, PHP_FLOAT_MAX, 1 / 3, 1e22];
        $closure = static fn(): array => $floats;
        foreach (['-1', '17', '5', '0', '14'] as $precision) {
            $before = ini_set('serialize_precision', $precision);
            try {
                $copies = [self::copy($floats), self::copy((object) $floats), self::copy($closure)(), self::inWorker($closure)];
                self::assertSame($precision, ini_get('serialize_precision'));
            } finally {
                ini_set('serialize_precision', $before);
            }
            foreach ($copies as $copy) {
                self::assertSame(array_map(self::bits(...), $floats), array_map(self::bits(...), array_values((array) $copy)));
            }
        }
    }

    private static function bits(float $float): string
    {
        return is_nan($float) ? 'NAN' : bin2hex(pack('E', $float));
    }

    public function testExceptionsThatWereCaught(): void
    {
        $throw = static function (Closure $f, mixed $stream): never {
            throw new Failure('row 2', 3, new \PDOException('gone'));
        };
        try {
            $throw(static fn() => 1, STDIN);
        } catch (Failure $e) {
            (new \ReflectionProperty(\Exception::class, 'code'))->setValue($e->getPrevious(), 'HY000');
            $e->detail = static fn(): string => 'detail';
        }
        foreach ([$e, new \Error('plain')] as $sent) {
            $copy = self::copy([$sent])[0];
            self::assertSame([$sent::class, $sent->getMessage(), $sent->getCode()], [
                $copy::class, $copy->getMessage(), $copy->getCode(),
            ]);
            self::assertSame([$sent->getFile(), $sent->getLine()], [$copy->getFile(), $copy->getLine()]);
        }
        $copy = self::copy($e);
        self::assertSame('HY000', $copy->getPrevious()->getCode());
        self::assertSame('detail', ($copy->detail)());
        self::assertSame([], array_column($copy->getTrace(), 'args'));
        self::assertSame($e->getTrace()[0]['function'], $copy->getTrace()[0]['function']);
    }

    public function testLongChainsOfExceptionsTakeNoMoreThanTheirLength(): void
    {
        $e = null;
        for ($i = 0; $i < 400; $i++) {
            $e = new LogicException("error $i", $i, $e);
        }
        $blob = (string) PhpException::encode($e, static fn(Throwable $link, array $properties): array => $properties);
        $before = memory_get_usage();
        memory_reset_peak_usage();

        $copy = PhpException::decode($blob, []);

        self::assertLessThan(16_000_000, memory_get_peak_usage() - $before); // the traces of making them take more
        for ($length = 1; $copy = $copy?->getPrevious(); $length++) {
            continue;
        }
        self::assertSame(400, $length);
    }

    public function testExceptionsThatSerializeThemselvesKeepTheirPlace(): void
    {
        $blob = (string) PhpException::encode(new Retold('again'), static fn(Throwable $e, array $properties): array => $properties);

        $copy = PhpException::decode($blob, ['file' => '/app/task.php', 'line' => 7]);

        self::assertSame(['again', '/app/task.php', 7], [$copy?->getMessage(), $copy?->getFile(), $copy?->getLine()]);
    }

    public function testNothingOfTheProgramIsWrittenTo(): void
    {
        $order = new ArrayObject([1]);
        $name = 'name';
        $rows = ['f' => static fn(): ArrayObject => $order, 'r' => &$name, 'deep' => ['g' => static fn(): string => $name]];
        $object = (object) ['rows' => &$rows, 'service' => new Service()];
        $object->self = $object;
        $before = var_export([$rows['r'], get_mangled_object_vars($object->service)], true);
        [$f, $g] = [$rows['f'], $rows['deep']['g']];

        self::copy([$object, &$rows]);
        self::inWorker(static fn(object $o) => 1, $object);

        self::assertSame($before, var_export([$rows['r'], get_mangled_object_vars($object->service)], true));
        self::assertSame([$f, $g, $object], [$rows['f'], $rows['deep']['g'], $object->self]);
        $name = 'other';
        self::assertSame('other', $rows['r']);
        $rows['new'] = 1;
        self::assertSame(1, $object->rows['new']);
    }

    public function testDynamicPropertiesPassMagicSettersBy(): void
    {
        $strict = unserialize(sprintf('O:%d:"%s":1:{s:3:"dyn";i:1;}', strlen(Strict::class), Strict::class));
        $strict->dyn = static fn(): int => 3;

        $copy = self::copy([$strict])[0];
        self::assertSame(3, ($copy->dyn)());
        self::assertSame([], $copy->set);
    }

    public function testErrorHandlersOfTheProgramHearNothing(): void
    {
        $heard = [];
        set_error_handler(static function (int $level, string $message) use (&$heard): bool {
            $heard[] = $message;
            return true;
        });
        try {
            $array = ['n' => 1];
            $array['self'] = &$array;
            self::copy([$array, static fn() => 1, unserialize('O:8:"stdClass":1:{s:1:"x";i:1;}')]);
            self::copy(new \SplObjectStorage());
        } finally {
            restore_error_handler();
        }
        self::assertSame([], $heard);
    }

    public function testManyClosuresOfOneCodeCarryItOnce(): void
    {
        $closures = array_map(static fn(int $n): Closure => static fn(): int => $n, range(1, 100));

        $blob = PhpValue::encode($closures);
        self::assertSame(1, substr_count($blob, 'fn(): int =>'));
        self::assertSame(range(1, 100), array_map(static fn(Closure $f): int => $f(), PhpValue::decode($blob)));
    }

    public function testRebuiltClosuresTravelOn(): void
    {
        $n = 1;
        $outer = static function () use ($n): Closure {
            return static fn(int $m): int => $n + $m;
        };

        self::assertSame(3, self::copy(self::copy(self::copy($outer))())(2));
    }

    public function testLargeGraphsTakeNoLongerThanTheyAreLarge(): void
    {
        $objects = [];
        for ($i = 0; $i < 20_000; $i++) {
            $objects[] = (object) ['i' => $i, 'previous' => $objects[intdiv($i, 2)] ?? null, 'first' => $objects[0] ?? null];
        }
        $objects[0]->f = static fn(): int => 1;
        shuffle($objects);

        $copy = self::copy($objects);
        self::assertCount(20_000, $copy);
    }

    public function testLibrariesPackTheClosuresWhenAsked(): void
    {
        $library = new \B7s\Parallite\Codec\LaravelCodec();
        if (!$library::isInstalled()) {
            self::markTestSkipped('laravel/serializable-closure is not installed');
        }
        $object = new Service();
        $object->handler = static fn(int $x): int => 2 * $x;
        $blob = (new Serializer($library))->serialize(['deep' => [$object->handler]]);

        self::assertStringContainsString('Laravel', $blob);
        self::assertSame(6, PhpValue::decode($blob)['deep'][0](3));
    }

    public function testSaysWhereAClassRefusesToBeRebuilt(): void
    {
        foreach ([new Unwilling(), [new Unwilling(), static fn(): int => 1]] as $value) {
            try {
                self::copy($value);
                self::fail('was rebuilt');
            } catch (\DomainException $e) {
                self::assertStringContainsString('not today (DomainException in ' . __DIR__ . '/values.php line ', Deserializer::reason($e));
            }
        }
    }
}
