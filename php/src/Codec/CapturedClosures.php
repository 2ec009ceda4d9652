<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use B7s\Parallite\Exception\ClosureNotSerializable;
use Closure;
use ReflectionFunction;
use ReflectionReference;
use Throwable;

/**
 * Finds the closures within a value: in its arrays, the properties of its objects, what closures there captured. The
 * libraries read the code of those by themselves, and so may take another closure's.
 *
 * @internal
 */
final class CapturedClosures
{
    /** @var list<array{Closure, ?ClosureSource}> */
    private array $found = [];

    /** @var array<int, object> by id; kept, so that no other object gets the id */
    private array $objects = [];

    /** @var array<string, true> references to arrays that have been looked at, by id */
    private array $references = [];

    private function __construct()
    {
    }

    /**
     * @return list<array{Closure, ?ClosureSource}> {@see Packing::captured()}
     * @throws ClosureNotSerializable
     */
    public static function in(mixed $value): array
    {
        $search = new self();
        $search->at($value);
        return $search->found;
    }

    private function at(mixed $value): void
    {
        if (is_array($value)) {
            $this->among($value);
        } elseif (is_object($value) && !isset($this->objects[spl_object_id($value)])) {
            $this->objects[spl_object_id($value)] = $value;
            $value instanceof Closure ? $this->closure($value) : $this->among(self::parts($value));
        }
    }

    /** @param array<array-key, mixed> $values */
    private function among(array $values): void
    {
        foreach ($values as $key => $value) {
            if (is_object($value)) {
                $this->at($value);
            } elseif (is_array($value)) {
                // an array may hold a reference to itself
                $id = ReflectionReference::fromArrayElement($values, $key)?->getId();
                if ($id === null || !isset($this->references[$id])) {
                    $this->references += $id === null ? [] : [$id => true];
                    $this->among($value);
                }
            }
        }
    }

    private function closure(Closure $closure): void
    {
        $reflection = new ReflectionFunction($closure);
        $source = ClosureSource::isWritten($reflection) ? ClosureSource::of($reflection) : null;
        $this->found[] = [$closure, $source];
        $this->among($reflection->getClosureUsedVariables());
        if ($source === null || $source->code->usesThis()) {
            $this->at($reflection->getClosureThis());
        }
    }

    /** @return array<array-key, mixed> what is serialized of an object */
    private static function parts(object $object): array
    {
        if (!method_exists($object, '__serialize')) {
            return get_mangled_object_vars($object);
        }
        try {
            return (array) $object->__serialize();
        } catch (Throwable) {
            return []; // the library will find out
        }
    }
}
