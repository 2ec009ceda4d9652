<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Value;

use ArrayObject;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\TaskPayload;
use B7s\Parallite\Value\Refusal;
use B7s\Parallite\Value\UnknownClass;
use B7s\Parallite\Wire\PhpValue;
use Closure;
use PHPUnit\Framework\TestCase;
use ReflectionFunction;
use ReflectionClass;

require_once __DIR__ . '/values.php';

/**
 * Values that can't travel are refused, with the way to them.
 */
final class RefusalTest extends TestCase
{
    /** Internal classes that are complete without anything that PHP would have to ask them for. */
    private const COMPLETE = [
        'stdClass', 'PhpToken', 'LibXMLError', 'php_user_filter', '__PHP_Incomplete_Class', 'EmptyIterator', 'Normalizer',
        'Locale', 'IntlChar', 'Reflection', 'SessionHandler', 'Attribute', 'ReturnTypeWillChange', 'AllowDynamicProperties',
        'SensitiveParameter', 'Override', 'Deprecated', 'NoDiscard', 'DelayedTargetValidation',
    ];

    private static function refusalOf(mixed $value): string
    {
        try {
            PhpValue::encode($value, 'result');
        } catch (Refusal $e) {
            return $e->getMessage();
        }
        return 'travels';
    }

    private static function generator(): \Generator
    {
        yield 1;
    }

    /** @return iterable<string, array{mixed, string}> */
    public function values(): iterable
    {
        $deep = (object) ['a' => ['b' => (object) ['c' => new ArrayObject(['d' => [STDIN]])]]];
        $closed = fopen('php://memory', 'r');
        fclose($closed);
        $stream = STDIN;
        $heap = new Heap();
        $heap->insert(1);
        $map = new \WeakMap();
        $closure = static function () use ($map): object {
            return $map;
        };
        yield 'a resource' => [STDIN, 'result is a resource (stream)'];
        yield 'a closed one' => [['x' => $closed], "result['x'] is a resource (closed)"];
        yield 'a deep one' => [$deep, "result->a['b']->c[1]['d'][0] is a resource"];
        yield 'beside a zero' => [[0, 0, ['n' => 0, 'r' => STDIN]], "result[2]['r'] is a resource"];
        yield 'given by the object' => [[new Asked([STDIN])], "result[0]->only[0] is a resource"];
        yield 'kept by __sleep()' => [new Sleeper([STDIN]), 'result->kept[0] is a resource'];
        yield 'that __sleep() loses' => [['x' => new Sleepless()], "result['x'] is B7s\Parallite\Tests\Value\Sleepless: its __sleep() returns null"];
        yield 'that gives no array' => [[new Countless()], 'result[0] is B7s\Parallite\Tests\Value\Countless: its __serialize() returns int'];
        yield 'captured' => [[static fn(): mixed => $stream], '$stream of the closure result[0] is a resource'];
        yield 'captured by a captured closure' => [
            static fn(): object => $closure(),
            '$map of the closure $closure of the closure result is a WeakMap',
        ];
        yield 'a heap' => [['h' => $heap], "result['h'] is a B7s\Parallite\Tests\Value\Heap (SplMinHeap), whose content"];
        yield 'a heap that an object gives' => [new Asked(new \SplPriorityQueue()), 'result->only is a SplPriorityQueue'];
        yield 'an iterator' => [new \LimitIterator(new \ArrayIterator([1])), 'result is a LimitIterator'];
        yield 'an anonymous class' => [[new class () {
        }], 'result[0] is an object of an anonymous class'];
        yield 'a generator' => [(object) ['g' => self::generator()], 'result->g is a Generator'];
        yield 'a reflection' => [[new ReflectionClass(self::class)], 'result[0] is a ReflectionClass'];
        yield 'a closure from nowhere' => [['f' => eval('return fn() => 1;')], "result['f'] is a closure that can't travel"];
    }

    /** @dataProvider values */
    public function testNamesTheWay(mixed $value, string $expected): void
    {
        self::assertStringContainsString($expected, self::refusalOf($value));
        $beside = [static fn(): int => 1, $value];
        self::assertStringContainsString(str_replace('result', 'result[1]', $expected), self::refusalOf($beside));
    }

    /** @dataProvider values */
    public function testTasksNameItInArgumentsAndCaptures(mixed $value, string $expected): void
    {
        $payload = new TaskPayload();
        foreach (
            [
                [static fn(mixed $x) => 1, [$value], "the arguments can't travel", 'argument 1'],
                ['count', ['named' => $value], "the arguments can't travel", 'argument named'],
                [static fn(): mixed => $value, [], "the closure can't travel", '$value'],
            ] as [$task, $args, $what, $name]
        ) {
            try {
                $payload->of($task, $args);
                self::fail($expected);
            } catch (ClosureNotSerializable $e) {
                self::assertStringContainsString($what, $e->getMessage());
                self::assertStringContainsString(str_replace('result', $name, $expected), $e->getMessage());
            }
        }
    }

    public function testClassesOfWhichPhpKeepsNothingAreRefused(): void
    {
        $kept = [];
        foreach (get_declared_classes() as $name) {
            $class = new ReflectionClass($name);
            if (!$class->isInternal() || $class->isAbstract() || $class->isSubclassOf(\Throwable::class)) {
                continue;
            }
            try {
                $object = $class->newInstanceWithoutConstructor();
                $blob = serialize($object);
            } catch (\Throwable) {
                continue; // PHP refuses by itself
            }
            $isAsked = $class->hasMethod('__serialize') || $class->implementsInterface(\Serializable::class);
            if (!$isAsked && !in_array($name, self::COMPLETE, true) && self::refusalOf([$object]) === 'travels') {
                $kept[] = "$name as $blob";
            }
        }
        self::assertSame([], $kept);
    }

    /** @return iterable<string, array{Closure(mixed): mixed}> */
    public function wrappers(): iterable
    {
        yield 'arrays' => [static fn(mixed $value): array => [$value]];
        yield 'objects' => [static fn(mixed $value): object => (object) ['next' => $value]];
        yield 'collections' => [static fn(mixed $value): ArrayObject => new ArrayObject([$value])];
        yield 'objects that are asked' => [static fn(mixed $value): Asked => new Asked($value)];
        yield 'closures' => [static function (mixed $value): Closure {
            return static fn(): mixed => $value;
        }];
    }

    /** @dataProvider wrappers */
    public function testDepthIsNamed(Closure $wrap): void
    {
        foreach ([0, static fn() => 1] as $core) {
            $value = $core;
            for ($i = 0; $i < 20_000; $i++) {
                $value = $wrap($value);
            }
            self::assertMatchesRegularExpression('/result.* (is nested deeper than 4000 levels|.*call stack)/', self::refusalOf($value));
            while ($value !== $core && $value !== null) { // one by one: PHP frees nested ones on its stack
                $inner = match (true) {
                    $value instanceof Asked => $value->kept,
                    $value instanceof Closure => (new ReflectionFunction($value))->getClosureUsedVariables()['value'],
                    default => $value->next ?? $value[0],
                };
                $value = $inner;
            }
        }
    }

    /** @dataProvider wrappers */
    public function testAThousandLevelsTravel(Closure $wrap): void
    {
        foreach ([0, static fn(): int => 1] as $core) {
            for ($i = 0, $value = $core; $i < 1_000; $i++) {
                $value = $wrap($value);
            }
            self::assertSame(get_debug_type($value), get_debug_type(PhpValue::decode(PhpValue::encode($value))));
        }
    }

    public function testAClassThatIsNotKnownIsNamed(): void
    {
        $blobs = [
            'O:6:"Parcel":0:{}', 'a:1:{i:0;O:6:"Parcel":1:{s:1:"x";i:1;}}',
            str_replace('B7s\Parallite\Tests\Value\Service"', 'B7s\Parallite\Tests\Value\Sezvice"', PhpValue::encode(new Service())),
        ];
        foreach ($blobs as $blob) {
            try {
                PhpValue::decode($blob);
                self::fail();
            } catch (UnknownClass $e) {
                self::assertMatchesRegularExpression('/class (Parcel|.*Sezvice) is not known/', $e->getMessage());
            }
        }
        self::assertSame('O:6:"Parcel":0:{}', PhpValue::decode(serialize('O:6:"Parcel":0:{}')));
    }

    public function testWhatPhpSaysOfAFailureIsKept(): void
    {
        $blobs = [
            str_replace(':High', ':Huge', serialize(Level::High)) => 'Undefined constant',
            serialize(array_fill(0, 3, 'x')) . '' => '',
            substr(serialize([1, 2]), 0, -3) => 'unserialize(): Error at offset',
        ];
        foreach (array_filter($blobs) as $blob => $message) {
            try {
                PhpValue::decode($blob);
                self::fail($blob);
            } catch (\UnexpectedValueException $e) {
                self::assertStringContainsString($message, $e->getMessage());
            }
        }
    }

    public function testClassesCanBeLimited(): void
    {
        $value = ['text' => ';O:6:"Parcel":0:{}', 'order' => new ArrayObject([Level::High]), 'f' => 1.5, 'n' => null, 't' => true];
        $allowed = [ArrayObject::class, Level::class];
        $blob = PhpValue::encode($value);
        self::assertEquals($value, PhpValue::decode($blob, $allowed));
        self::assertSame([1], PhpValue::decode(serialize([1]), []));

        $withClosure = PhpValue::encode(['f' => static fn(): int => 1, 's' => new Service()]);
        self::assertSame(1, PhpValue::decode($withClosure, [Closure::class, Service::class])['f']());
        foreach (
            [
                [$blob, [ArrayObject::class], Level::class], [$blob, [], ArrayObject::class],
                [$withClosure, [Service::class], 'Closure'], [$withClosure, ['Closure'], Service::class],
                [PhpValue::encode(strtoupper(...)), [], 'Closure'],
            ] as [$bytes, $classes, $forbidden]
        ) {
            try {
                PhpValue::decode($bytes, $classes);
                self::fail($forbidden);
            } catch (UnknownClass $e) {
                self::assertSame("class $forbidden is not among the allowedClasses", $e->getMessage());
            }
        }
    }

    public function testALargeGraphIsRefusedAsSoonAsItsCulpritIsFound(): void
    {
        $nodes = [];
        for ($i = 0; $i < 1_500; $i++) {
            $nodes[$i] = (object) ['id' => $i, 'others' => []];
        }
        foreach ($nodes as $i => $node) {
            for ($j = 1; $j < 8; $j++) {
                $node->others[] = $nodes[($i * 7 + $j * 13) % 1_500];
            }
        }
        $nodes[1_499]->connection = STDIN;

        self::assertStringContainsString('->connection is a resource', self::refusalOf($nodes));
    }
}
