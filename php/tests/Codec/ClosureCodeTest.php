<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Codec;

use B7s\Parallite\Codec\ClosureCode;
use B7s\Parallite\Codec\ClosureCompiler;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Tests\Codec\Point as Renamed;
use Closure;
use Generator;
use PHPUnit\Framework\TestCase;
use ReflectionFunction;
use Throwable;

require_once __DIR__ . '/fixtures.php';

/**
 * The code of closures is found, travels and is compiled again: what comes out does what the closure itself does.
 */
final class ClosureCodeTest extends TestCase
{
    /** What an import under another name may mean, too; and unions and intersections of the same classes. */
    private const AMBIGUOUS = ['fn(Renamed', 'fn(Box $x)', 'fn(\Countable', 'fn(Box|Point', 'fn(Box&Point'];

    /** @var array<string, array<array-key, array{Closure}>> by file */
    private static array $entries = [];

    /** @return iterable<string, array{string, string}> */
    public function closures(): iterable
    {
        foreach (['names', 'syntax', 'classes', 'sections'] as $file) {
            foreach (array_keys(self::entries($file)) as $name) {
                yield "$file: $name" => [$file, (string) $name];
            }
        }
    }

    /** @dataProvider closures */
    public function testDoesWhatTheClosureDoes(string $file, string $name): void
    {
        [$closure] = $entry = self::entries($file)[$name];
        $args = array_slice($entry, 1);

        self::assertSame(self::outcome($closure, $args), self::outcome(self::rebuilt($closure), $args));
        self::assertSame(self::outcome($closure, $args), self::outcome(self::rebuilt(self::rebuilt($closure)), $args));
    }

    /** @return iterable<string, array{list<Closure>}> */
    public function closuresThatReflectionDescribesAlike(): iterable
    {
        $count = $one = 1;
        yield 'generator' => [[function () { yield 1; }, function () { return 2; }]];
        yield 'reference' => [[function () use (&$count) { return ++$count; }, function () use ($one) { return $one; }]];
        yield 'object' => [[fn() => $this->getName(), fn() => 1]];
        yield 'static' => [[fn() => 1, static fn() => 2]];
    }

    /**
     * @param list<Closure> $closures
     * @dataProvider closuresThatReflectionDescribesAlike
     */
    public function testOneOfALineThatWasFoundIsNotTakenForTheNext(array $closures): void
    {
        $closures = [...$closures, ...array_map(static fn(Closure $closure): Closure => clone $closure, $closures)];

        $texts = array_map(static fn(Closure $closure): string => ClosureCode::of(new ReflectionFunction($closure))->text, $closures);

        self::assertSame([$texts[2], $texts[3]], [$texts[0], $texts[1]]);
        self::assertNotSame($texts[0], $texts[1]);
    }

    /** @return iterable<string, array{list<Closure>, list<string>}> closures of a line, and how each begins */
    public function closuresOfOtherTypes(): iterable
    {
        yield 'null' => [
            [fn(int $x) => 1, fn(?int $x) => 1, fn(null|int|string $x) => 1, fn(int|string $x) => 1, fn(?int $x = null) => 1],
            ['fn(int $x)', 'fn(?int $x)', 'fn(null|int|string $x)', 'fn(int|string $x)', 'fn(?int $x = null)'],
        ];
        yield 'results' => [
            [fn(): string => 1, fn(): ?string => 1, fn(): string|false => 1, fn() => 1, fn(): self => 1],
            ['fn(): string', 'fn(): ?string', 'fn(): string|false', 'fn() ', 'fn(): self'],
        ];
        yield 'classes' => [
            [fn(Box $x) => 1, fn(?Box $x) => 1, fn(\Countable $x) => 1, fn(Renamed $x) => 1, fn(Box|Point $x) => 1, fn(Box&Point $x) => 1],
            ['fn(Box $x)', 'fn(?Box', 'fn(\Countable', 'fn(Renamed', 'fn(Box|Point', 'fn(Box&Point'],
        ];
    }

    /**
     * @param list<Closure> $closures
     * @param list<string> $starts
     * @dataProvider closuresOfOtherTypes
     */
    public function testTypesTellClosuresOfALineApart(array $closures, array $starts): void
    {
        foreach ($closures as $i => $closure) {
            try {
                self::assertStringStartsWith($starts[$i], ClosureCode::of(new ReflectionFunction($closure))->text);
            } catch (ClosureNotSerializable) {
                self::assertContains($starts[$i], self::AMBIGUOUS);
            }
        }
    }

    public function testTicksAreThoseOfTheFile(): void
    {
        $closures = require __DIR__ . '/closures/ticks.php';

        foreach ($closures as $name => $closure) {
            self::assertSame($closure(), self::rebuilt($closure)(), $name);
            self::assertSame($closure(), self::rebuilt(self::rebuilt($closure))(), $name);
        }
        self::assertGreaterThan(0, $closures['of the file']());
        self::assertGreaterThan(0, $closures['of a block']());
        self::assertSame(0, $closures['without']());
    }

    public function testADuplicateMayHaveLostItsReferences(): void
    {
        $count = 5;
        $counter = function () use (&$count) {
            return ++$count;
        };
        $value = function () use ($count) { return $count; }; $reference = function () use (&$count) { return --$count; };
        unset($count);
        $duplicates = [clone $counter, $reference->bindTo($this)];
        $counter = $reference = null;

        self::assertSame(6, self::rebuilt($duplicates[0])());
        $this->expectExceptionMessage('2 closures begin in line');
        ClosureCode::of(new ReflectionFunction(clone $value));
    }

    /** @return iterable<string, array{Closure}> the first of two that may both be it */
    public function closuresWhoseVariablesAreNamedInBraces(): iterable
    {
        $one = 1;
        yield 'text' => [[fn() => ${'one'} + 1, fn() => $one][0]];
        yield 'put together' => [[fn() => ${'o' . 'ne'} + 1, fn() => $one][0]];
        yield 'within' => [[fn() => [fn($x) => ${'o' . 'ne'}], fn() => $one][0]];
        yield 'object' => [[fn() => ${'this'}->getName(), fn() => $this->toString()][0]];
    }

    /** @dataProvider closuresWhoseVariablesAreNamedInBraces */
    public function testVariablesInBracesDoNotMakeItAnother(Closure $closure): void
    {
        $this->expectException(ClosureNotSerializable::class);
        $this->expectExceptionMessage('which of them is meant can\'t be told');

        ClosureCode::of(new ReflectionFunction($closure));
    }

    /** @return array<array-key, array{Closure}> */
    private static function entries(string $file): array
    {
        $level = error_reporting(E_ALL & ~E_DEPRECATED & ~E_WARNING);
        try {
            return self::$entries[$file] ??= require __DIR__ . "/closures/$file.php";
        } finally {
            error_reporting($level);
        }
    }

    /** As a serializer does it, but that values stay where they are. */
    private static function rebuilt(Closure $closure): Closure
    {
        $function = new ReflectionFunction($closure);
        $code = ClosureCode::fromArray(unserialize(serialize(ClosureCode::of($function)->toArray())));
        $captured = $function->getClosureUsedVariables();
        return ClosureCompiler::make(
            $code,
            $captured,
            $code->objectOf($function),
            $function->getClosureScopeClass()?->getName(),
            $code->usesCalledClass() ? self::calledClassOf($function) : null,
        );
    }

    private static function calledClassOf(ReflectionFunction $function): ?string
    {
        return $function->getClosureCalledClass()?->getName();
    }

    /** @param list<mixed> $args */
    private static function outcome(Closure $closure, array $args): string
    {
        try {
            return print_r(self::flat($closure(...$args)), true);
        } catch (Throwable $e) {
            // since PHP 8.4 the name of a closure has that of what it is compiled in
            return $e::class . preg_replace('/\{closure\S*\}/', '{closure}', ": {$e->getMessage()} in line {$e->getLine()}");
        }
    }

    private static function flat(mixed $value): mixed
    {
        return match (true) {
            $value instanceof Generator => iterator_to_array($value, false),
            $value instanceof Closure => self::flat($value(...array_fill(0, (new ReflectionFunction($value))->getNumberOfParameters(), 1))),
            is_array($value) => array_map(self::flat(...), $value),
            is_bool($value), $value === null => var_export($value, true),
            default => $value,
        };
    }
}
