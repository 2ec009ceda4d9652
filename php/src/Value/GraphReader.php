<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use B7s\Parallite\Codec\ClosureCode;
use B7s\Parallite\Codec\ClosureCompiler;
use B7s\Parallite\Wire\ClosureBearer;
use Closure;
use Throwable;
use UnexpectedValueException;

/**
 * Makes the value of a {@see Graph}. Objects are made before what they hold, and filled when there is no closure that is
 * waited for: a closure can be made only when all that it captured is there, and that may hold the closure itself.
 * At the end `__unserialize()` and `__wakeup()` are called, for what an object holds before the object.
 *
 * @internal
 */
final class GraphReader
{
    /** @var array<int, object> objects and closures, by number */
    private array $objects = [];

    /** @var array<int, Throwable> made, and empty, by number */
    private array $bare = [];

    /** @var array<int, mixed> references, by number */
    private array $cells = [];

    private const MAX_KEPT = 1_024;

    /** @var array<string, array{array<array-key, mixed>, ClosureCode}> what was read last of a text, and the code, oldest first */
    private static array $kept = [];

    /** @var array<int, ClosureCode> */
    private array $codes = [];

    /** How many closures are waiting for what they captured. */
    private int $waiting = 0;

    /** @var list<int> objects and references that are empty still */
    private array $empty = [];

    /** @var list<array{object, string, list<mixed>}> methods to call at the end */
    private array $last = [];

    /** @param ?list<string> $allowedClasses null for all */
    public function __construct(private readonly Graph $graph, private readonly ?array $allowedClasses = null)
    {
    }

    /**
     * @throws UnknownClass
     * @throws Throwable when it can't be rebuilt here, for whatever reason
     */
    public function value(): mixed
    {
        $this->checkClasses();
        $this->makeThrowables();
        [$value] = $this->make(0);
        $this->fill();
        foreach ($this->last as [$object, $method, $arguments]) {
            $object->$method(...$arguments);
        }
        return $value;
    }

    /** @throws UnknownClass */
    private function checkClasses(): void
    {
        $classes = [];
        $hasClosures = false;
        foreach ($this->graph->nodes as $node) {
            if ($node[0] === Graph::INSTANCE) {
                $classes[$node[1]] = true;
            }
            $hasClosures = $hasClosures || $node[0] >= Graph::CODE;
        }
        if ($classes === [] && $this->allowedClasses === null) {
            return;
        }
        $names = array_map(strval(...), array_keys($classes));
        if ($this->allowedClasses !== null) {
            $held = $hasClosures ? [...$names, Closure::class] : $names;
            Deserializer::check($held, $this->allowedClasses);
        }
        foreach ($names as $class) {
            if (!class_exists($class)) {
                throw new UnknownClass($class);
            }
        }
    }

    /** PHP takes a trace when it makes one: at the depth of a chain, that of all before would be in it. */
    private function makeThrowables(): void
    {
        foreach ($this->graph->nodes as $number => $node) {
            if ($node[0] === Graph::INSTANCE && is_subclass_of($node[1], Throwable::class)) {
                $this->bare[$number] = PropertyWriter::bare($node[1]);
            }
        }
    }

    private function make(int $number): mixed
    {
        if (isset($this->objects[$number])) {
            return $this->objects[$number];
        }
        $node = $this->graph->nodes[$number] ?? throw new UnexpectedValueException('the value is damaged');
        return match ($node[0]) {
            Graph::VALUES => $this->join($node[1], $node[2]),
            Graph::CELL => $this->cell($number),
            Graph::INSTANCE => $this->instance($number),
            Graph::PACKED => $this->objects[$number] = ClosureBearer::unpack($node[1]),
            Graph::CLOSURE, Graph::CALLABLE => $this->closure($number, $node),
            default => throw new UnexpectedValueException('the value is damaged'),
        };
    }

    /**
     * @param array<array-key, mixed> $entries
     * @param array<array-key, int> $nodes
     * @return array<array-key, mixed>
     */
    private function join(array $entries, array $nodes): array
    {
        foreach ($nodes as $key => $number) {
            if ($this->graph->nodes[$number][0] === Graph::CELL) {
                $entries[$key] = &$this->cell($number);
            } else {
                $entries[$key] = $this->make($number);
            }
        }
        return $entries;
    }

    private function &cell(int $number): mixed
    {
        if (!array_key_exists($number, $this->cells)) {
            $this->cells[$number] = null;
            $this->empty[] = $number;
            if ($this->waiting === 0) {
                $this->fillOne(array_pop($this->empty));
            }
        }
        return $this->cells[$number];
    }

    private function instance(int $number): object
    {
        $object = $this->objects[$number] = $this->bare[$number] ?? PropertyWriter::bare($this->graph->nodes[$number][1]);
        $this->empty[] = $number;
        if ($this->waiting === 0) {
            $this->fillOne(array_pop($this->empty));
        }
        return $object;
    }

    /** @param list<mixed> $node */
    private function closure(int $number, array $node): Closure
    {
        $isCode = $node[0] === Graph::CLOSURE;
        $this->waiting++;
        $captured = $isCode ? $this->join($node[4], $node[5]) : $this->join($node[5], $node[6]);
        $statics = $isCode ? $this->join($node[6], $node[7]) : [];
        $this->waiting--;
        $object = $captured['this'] ?? null;
        unset($captured['this']);
        $this->objects[$number] = $closure = $isCode
            ? ClosureCompiler::make($this->code($node[1]), $captured, $object, $node[2], $node[3], $statics)
            : NamedCallable::make($node[1], $object, $node[2], $node[3], $node[4]);
        $this->waiting > 0 || $this->fill();
        return $closure;
    }

    private function code(int $number): ClosureCode
    {
        return $this->codes[$number] ??= self::codeOf($this->graph->nodes[$number][1]);
    }

    /**
     * Most codes come again and again.
     *
     * @param array<array-key, mixed> $parts
     */
    private static function codeOf(array $parts): ClosureCode
    {
        $text = $parts[0] ?? '';
        [$known, $code] = self::$kept[$text] ?? [null, null];
        if ($known === $parts) {
            return $code;
        }
        $code = ClosureCode::fromArray($parts);
        if (count(self::$kept) >= self::MAX_KEPT) {
            unset(self::$kept[array_key_first(self::$kept)]);
        }
        self::$kept[$text] = [$parts, $code];
        return $code;
    }

    private function fill(): void
    {
        while ($this->empty !== []) {
            $this->fillOne(array_shift($this->empty));
        }
    }

    private function fillOne(int $number): void
    {
        $node = $this->graph->nodes[$number];
        if ($node[0] === Graph::CELL) {
            $cell = &$this->cell($number);
            $cell = $this->make($node[1]);
            return;
        }
        $object = $this->objects[$number];
        $values = $this->join($node[2], $node[3]);
        if (method_exists($object, '__unserialize')) {
            $this->last[] = [$object, '__unserialize', [$values]];
            return;
        }
        PropertyWriter::write($object, $values);
        // that of exceptions removes codes that are not numbers
        $isOwn = method_exists($object, '__wakeup')
            && !(new \ReflectionMethod($object, '__wakeup'))->isInternal();
        if ($isOwn) {
            $this->last[] = [$object, '__wakeup', []];
        }
    }
}
