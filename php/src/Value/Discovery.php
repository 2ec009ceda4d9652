<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use B7s\Parallite\Codec\ClosureCode;
use B7s\Parallite\Codec\ClosureCodec;
use B7s\Parallite\Codec\Codecs;
use B7s\Parallite\Exception\ClosureNotSerializable;
use Closure;
use ReflectionFunction;
use ReflectionReference;
use Throwable;

/**
 * Looks at all that is serialized of a value, and finds what `serialize()` can't do by itself: closures, exceptions,
 * objects that say themselves what is serialized of them; and so also what holds such ones. Nothing is written to, and
 * objects are asked as `serialize()` asks them, once.
 *
 * An object, or a reference to an array, is known by its key here: the object's id, the reference's id.
 *
 * @internal
 */
final class Discovery
{
    /** @var array<int, object> all, by id; kept, lest an id is used again */
    public array $objects = [];

    /** @var array<int, array<array-key, mixed>> what is serialized of objects, and what closures captured, by id */
    public array $contents = [];

    /** @var array<int, FoundClosure> by id */
    public array $closures = [];

    /**
     * Where among contents, and in arrays of references, there may be nodes: keys of those, and of the arrays that hold
     * them, with the same of those. Two of these for a closure: for what it captured, and for its static variables.
     *
     * @var array<int|string, array<array-key, mixed>> by key
     */
    public array $places = [];

    /** @var array<int|string, true> keys of what is to be a node: it needs help, or holds what needs it */
    public array $nodes = [];

    /** @var array<int|string, array<int|string, true>> keys of what holds something, by the key of that */
    private array $holders = [];

    /** @var array<int, list<mixed>> the way to objects that give a string of their own, by id */
    private array $opaque = [];

    /** @var list<int|string|array{int|string}|array{string, string}> {@see ValuePath::of()} */
    private array $path = [];

    /** @var array<int, array{int, array-key}> {@see OpenArrays}: the objects that the search is in, if PHP loses arrays */
    private array $open = [];

    private readonly bool $areLost;

    /** @var array<int|string, true> references to arrays that the search is in */
    private array $openCells = [];

    /**
     * @param string|array<int, string> $names of the value, {@see ValuePath::of()}
     * @param ?ClosureCodec $library packs the closures, in place of our own
     * @param array<int, Closure(): ?string> $hints {@see ClosureCode::of()}, by id of the closure
     * @param ?Closure(Throwable, array<string, mixed>): array<string, mixed> $throwables gives what travels of an
     *     exception, made of its properties
     * @param array<int, FoundClosure> $known what has been found of closures with code of their own, by id
     */
    public function __construct(
        private readonly string|array $names,
        private readonly ?ClosureCodec $library = null,
        private readonly array $hints = [],
        private readonly ?Closure $throwables = null,
        private readonly array $known = [],
    ) {
        $this->areLost = OpenArrays::areLost();
    }

    /** @throws Refusal */
    public function explore(mixed $value): void
    {
        $this->places[0] = $this->entries([$value], 0, isWhole: true);
        $affected = array_keys($this->nodes);
        while ($affected !== []) {
            foreach ($this->holders[array_pop($affected)] ?? [] as $holder => $_) {
                if ($holder !== 0 && !isset($this->nodes[$holder])) {
                    $this->nodes[$holder] = true;
                    $affected[] = $holder;
                }
            }
        }
    }

    /** What `serialize()` failed at, which can't be seen in the objects: those that give a string of their own. */
    public function refusalFor(Throwable $failure): Refusal
    {
        foreach ($this->opaque as $id => $path) {
            try {
                serialize($this->objects[$id]);
            } catch (Throwable $e) {
                return new Refusal(ValuePath::of($path, $this->names), 'is ' . \get_debug_type($this->objects[$id]) . ": {$e->getMessage()}", $e);
            }
        }
        $path = ValuePath::of([], $this->names) ?: 'a value in it';
        return new Refusal($path, "can't be serialized: {$failure->getMessage()}", $failure);
    }

    /**
     * @param array<array-key, mixed> $values
     * @return array<array-key, mixed> {@see $places}
     * @throws Refusal
     */
    private function entries(array $values, int|string $holder, bool $isObject = false, bool $isWhole = false): array
    {
        $this->checkDepth();
        $places = [];
        foreach ($values as $key => $value) {
            if (\is_scalar($value) || $value === null) {
                continue;
            }
            if (!$isWhole) {
                $this->path[] = $isObject && \is_string($key) ? [$key] : $key;
            }
            $place = $this->entry($values, $key, $holder);
            if ($place !== []) {
                $places[$key] = $place;
            }
            if (!$isWhole) {
                \array_pop($this->path);
            }
        }
        return $places;
    }

    /** @throws Refusal */
    private function checkDepth(): void
    {
        if (\count($this->path) > Survey::MAX_DEPTH) {
            throw $this->refuse('is nested deeper than ' . Survey::MAX_DEPTH . ' levels');
        }
    }

    /**
     * @param array<array-key, mixed> $values
     * @return array<array-key, mixed>|true what belongs into {@see $places} under the key; nothing for an empty array
     * @throws Refusal
     */
    private function entry(array $values, int|string $key, int|string $holder): array|bool
    {
        $value = $values[$key];
        if (\is_array($value)) {
            return Survey::isFlat($value) ? [] : $this->nested($values, $key, $holder);
        }
        if (!\is_object($value)) {
            // neither: a property that was never set, among what an object of PHP itself has given
            return \str_starts_with(\gettype($value), 'resource') ? throw $this->refuse('is a ' . \get_debug_type($value)) : [];
        }
        $this->object($value, $holder, [\count($values), $key]);
        return true;
    }

    /**
     * @param array<array-key, mixed> $values
     * @return array<array-key, mixed>|true
     */
    private function nested(array $values, int|string $key, int|string $holder): array|bool
    {
        $cell = ReflectionReference::fromArrayElement($values, $key)?->getId();
        if ($cell === null) {
            if ($this->open !== [] && OpenArrays::mayHave($this->open, $values[$key])) {
                $this->nodes[\array_key_last($this->open)] = true; // serialize() would lose the array
            }
            return $this->entries($values[$key], $holder);
        }
        $this->holders[$cell][$holder] = true;
        if (!isset($this->places[$cell])) {
            $this->places[$cell] = [];
            $this->openCells[$cell] = true;
            $this->places[$cell] = $this->entries($values[$key], $cell);
            unset($this->openCells[$cell]);
        } elseif (isset($this->openCells[$cell])) {
            $this->nodes[$cell] = true; // the same of an array that holds itself
        }
        return true;
    }

    /** @param array{int, array-key} $place how many entries what holds it has, and its key */
    private function object(object $object, int|string $holder, array $place): void
    {
        $id = \spl_object_id($object);
        $this->holders[$id][$holder] = true;
        if (isset($this->objects[$id])) {
            return;
        }
        $this->objects[$id] = $object;
        $rule = ClassRules::of($object);
        match ($rule) {
            ClassRule::EnumCase => null,
            ClassRule::Refused => throw $this->refuse(ClassRules::reason($object)),
            ClassRule::Closure => $this->closure($object, $id),
            ClassRule::Opaque => $this->opaque[$id] = $this->path,
            ClassRule::Throwable => $this->throwable($object, $id),
            default => $this->contents[$id] = $this->contentsOf($object, $rule),
        };
        if ($rule === ClassRule::Serialize || $rule === ClassRule::Sleep) {
            $this->nodes[$id] = true; // asked once, and what it gave is what travels
        }
        if (isset($this->contents[$id]) && $rule !== ClassRule::Closure) {
            if ($this->areLost) {
                $this->open[$id] = $place;
            }
            $this->places[$id] = $this->entries($this->contents[$id], $id, isObject: true);
            unset($this->open[$id]);
        }
    }

    private function throwable(Throwable $e, int $id): void
    {
        $properties = \get_mangled_object_vars($e);
        if ($this->throwables !== null || ThrowableProperties::needChange($properties)) {
            $this->nodes[$id] = true;
            $properties = ThrowableProperties::withoutArguments($properties);
        }
        $this->contents[$id] = $this->throwables === null ? $properties : ($this->throwables)($e, $properties);
    }

    /**
     * @return array<array-key, mixed>
     * @throws Refusal
     */
    private function contentsOf(object $object, ClassRule $rule): array
    {
        try {
            return ObjectContents::of($object, $rule);
        } catch (Throwable $e) {
            throw $this->refuse('is ' . \get_debug_type($object) . ": {$e->getMessage()}", $e);
        }
    }

    /** @throws Refusal */
    private function closure(Closure $closure, int $id): void
    {
        $this->nodes[$id] = true;
        $hint = $this->hints[$id] ?? null;
        $found = $this->closures[$id] = $this->found($closure, $hint);
        foreach ([$found->captured, $found->statics] as $i => $values) {
            $this->places[$id][$i] = [];
            foreach ($values as $name => $value) {
                if ($value !== null && !\is_scalar($value)) {
                    $this->path[] = [(string) $name, '$'];
                    $this->checkDepth();
                    $place = $this->entry($values, $name, $id);
                    $this->places[$id][$i] += $place === [] ? [] : [$name => $place];
                    \array_pop($this->path);
                }
            }
        }
    }

    /**
     * @param ?Closure(): ?string $hint
     * @throws Refusal
     */
    private function found(Closure $closure, ?Closure $hint): FoundClosure
    {
        $function = new ReflectionFunction($closure);
        $library = $this->library ?? Codecs::thatRebuilt($function);
        try {
            return match (true) {
                !\str_contains($function->getName(), '{closure') => FoundClosure::named($function),
                $library !== null => FoundClosure::packed($library->encode($closure, $hint)),
                default => $this->known[\spl_object_id($closure)]
                    ?? FoundClosure::written($function, ClosureCode::of($function, $hint)),
            };
        } catch (ClosureNotSerializable $e) {
            throw $this->isTask()
                ? $e
                : $this->refuse("is a closure that can't travel: {$e->getMessage()}", $e);
        }
    }

    /** Whether what is looked at is what is to be called, and not something in it, or an argument. */
    private function isTask(): bool
    {
        return $this->path === [0] && \is_array($this->names) && $this->names[0] === '';
    }

    private function refuse(string $reason, ?Throwable $previous = null): Refusal
    {
        $entry = \is_array($this->path[0] ?? []) ? null : $this->path[0];
        return new Refusal(ValuePath::of($this->path, $this->names), $reason, $previous, $entry);
    }
}
