<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use ReflectionReference;

/**
 * A quick look at a value: whether `serialize()` does right by it. It finds closures, resources, objects that can't
 * travel, exceptions, and nesting that would overflow the stack of `serialize()` or of `unserialize()`. What does not
 * pass is looked at closely by {@see Discovery}, which also knows the way to it.
 *
 * @internal
 */
final class Survey
{
    /** Less than the 4,096 levels that `unserialize()` takes, for what stands around the value. */
    public const MAX_DEPTH = 4_000;

    /** Whether there are objects that say themselves what is serialized of them, which is not known therefore. */
    private bool $hasUnknown = false;

    /** @var array<class-string, int> how many objects have a `__sleep()` */
    private array $sleepers = [];

    /** @var array<int, object> that were looked at, by id */
    private array $seen = [];

    /** @var array<class-string, ClassRule> of the objects that were looked at */
    private array $rules = [];

    /** @var array<string, bool> references to arrays: whether the search is in it still */
    private array $cells = [];

    /** @var array<int, array{int, array-key}> {@see OpenArrays}: the objects that the search is in, if PHP loses arrays */
    private array $open = [];

    private readonly bool $areLost;

    /** @param bool $takesThrowables whether exceptions may go as they are, if nothing in them forbids it */
    private function __construct(private readonly bool $takesThrowables)
    {
        $this->areLost = OpenArrays::areLost();
    }

    /**
     * @return ?string what `serialize()` makes of it, or null where that would not be right
     */
    public static function serialize(mixed $value, bool $takesThrowables): ?string
    {
        if ($value === null || \is_scalar($value) || \is_array($value) && self::isPlain($value, 1)) {
            return NativeFormat::write($value);
        }
        $survey = new self($takesThrowables);
        if (!$survey->passes([$value], 0)) {
            return null;
        }
        try {
            $blob = NativeFormat::write($value);
        } catch (\Throwable) {
            return null; // the closer look will tell
        }
        return $survey->hasUnknown && ($survey->lostSleepers($blob) || NativeFormat::isSuspicious($blob)) ? null : $blob;
    }

    /** Whether objects are missing in what `serialize()` wrote: where `__sleep()` gives no array, it writes null. */
    private function lostSleepers(string $blob): bool
    {
        foreach ($this->sleepers as $class => $count) {
            if (\substr_count($blob, 'O:' . \strlen($class) . ":\"$class\"") < $count) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether there are scalars in it, and arrays of those, and nothing else. Two levels in one go, with as little code for
     * a scalar as can be: most arrays are lists of rows, and this takes a good part of what `serialize()` takes.
     *
     * @param array<array-key, mixed> $values
     */
    public static function isPlain(array $values, int $depth): bool
    {
        foreach ($values as $value) {
            if (\is_array($value)) {
                foreach ($value as $entry) {
                    if (\is_scalar($entry)) {
                        continue;
                    }
                    if (\is_array($entry) ? $depth > self::MAX_DEPTH || !self::isPlain($entry, $depth + 2) : $entry !== null) {
                        return false;
                    }
                }
            } elseif (!\is_scalar($value) && $value !== null) {
                return false;
            }
        }
        return $depth <= self::MAX_DEPTH;
    }

    /**
     * Whether there are scalars in it, and arrays of scalars, and nothing else.
     *
     * @param array<array-key, mixed> $values
     */
    public static function isFlat(array $values): bool
    {
        foreach ($values as $value) {
            if (\is_array($value)) {
                foreach ($value as $entry) {
                    if (\is_scalar($entry)) {
                        continue;
                    }
                    if ($entry !== null) {
                        return false;
                    }
                }
            } elseif (!\is_scalar($value) && $value !== null) {
                return false;
            }
        }
        return true;
    }

    /** @param array<array-key, mixed> $values */
    private function passes(array $values, int $depth): bool
    {
        if ($depth > self::MAX_DEPTH) {
            return false;
        }
        foreach ($values as $key => $value) {
            if (\is_scalar($value) || $value === null) {
                continue;
            }
            if (\is_array($value)) {
                $passes = $this->arrayPasses($values, $key, $depth + 1);
            } else {
                $passes = \is_object($value) && $this->objectPasses($value, [\count($values), $key], $depth + 1);
            }
            if (!$passes) {
                return false;
            }
        }
        return true;
    }

    /** @param array<array-key, mixed> $values */
    private function arrayPasses(array $values, int|string $key, int $depth): bool
    {
        $cell = ReflectionReference::fromArrayElement($values, $key)?->getId();
        if ($cell === null) {
            $isOpen = $this->open !== [] && OpenArrays::mayHave($this->open, $values[$key]);
            return !$isOpen && $this->passes($values[$key], $depth);
        }
        if (isset($this->cells[$cell])) {
            return !$this->cells[$cell]; // one that holds itself
        }
        $this->cells[$cell] = true;
        $passes = $this->passes($values[$key], $depth);
        $this->cells[$cell] = false;
        return $passes;
    }

    /** @param array{int, array-key} $place how many entries what holds it has, and its key */
    private function objectPasses(object $object, array $place, int $depth): bool
    {
        $id = \spl_object_id($object);
        if (isset($this->seen[$id])) {
            return true;
        }
        $this->seen[$id] = $object;
        $rule = $this->rules[$object::class] ??= ClassRules::of($object);
        if ($this->areLost) {
            $this->open[$id] = $place;
        }
        $passes = $rule === ClassRule::Properties
            ? $this->propertiesPass(\get_mangled_object_vars($object), $depth)
            : $this->ruled($object, $rule, $depth);
        unset($this->open[$id]);
        return $passes;
    }

    /** @param array<array-key, mixed> $properties */
    private function propertiesPass(array $properties, int $depth): bool
    {
        foreach ($properties as $value) {
            if (!\is_scalar($value) && $value !== null) {
                return $this->passes($properties, $depth);
            }
        }
        return true;
    }

    private function ruled(object $object, ClassRule $rule, int $depth): bool
    {
        switch ($rule) {
            case ClassRule::EnumCase:
                return true;
            case ClassRule::Internal:
                return $this->passes($object->__serialize(), $depth);
            case ClassRule::Sleep:
                $this->sleepers[$object::class] = ($this->sleepers[$object::class] ?? 0) + 1;
                // so do these
            case ClassRule::Serialize:
            case ClassRule::Opaque:
                $this->hasUnknown = true;
                return $this->passes(\get_mangled_object_vars($object), $depth); // likely to be what it gives
            case ClassRule::Throwable:
                $properties = \get_mangled_object_vars($object);
                return $this->takesThrowables && !ThrowableProperties::needChange($properties)
                    && $this->passes($properties, $depth);
            default:
                return false;
        }
    }
}
