<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use ArrayObject;
use Closure;
use ReflectionClass;
use ReflectionProperty;
use ReflectionReference;

/**
 * Makes objects as `unserialize()` does: without a constructor, and with properties that are set whatever their
 * visibility, hooks, or `__set()`.
 *
 * @internal
 */
final class PropertyWriter
{
    private const MAX_KEPT = 4_096;

    /** @var array<string, ?ReflectionProperty> by class and mangled name; null for a dynamic one */
    private static array $properties = [];

    /** @var array<class-string, Closure> */
    private static array $binders = [];

    private function __construct()
    {
    }

    /** @throws \ReflectionException|\Error when there can be no such object */
    public static function bare(string $class): object
    {
        return (new ReflectionClass($class))->newInstanceWithoutConstructor();
    }

    /**
     * @param array<array-key, mixed> $values by name, as {@see get_mangled_object_vars()} has them
     * @throws \TypeError when the class has other types here
     */
    public static function write(object $object, array $values): void
    {
        if (count(self::$properties) > self::MAX_KEPT) {
            self::$properties = self::$binders = [];
        }
        foreach ($values as $key => $_) {
            $id = $object::class . " $key";
            if (!array_key_exists($id, self::$properties)) {
                self::$properties[$id] = self::find($object, (string) $key);
            }
            self::set($object, $key, self::$properties[$id], $values);
        }
    }

    /** @param array<array-key, mixed> $values */
    private static function set(object $object, int|string $key, ?ReflectionProperty $property, array $values): void
    {
        $isReference = ReflectionReference::fromArrayElement($values, $key) !== null;
        if ($property === null) {
            self::setDynamic($object, $key, $values, $isReference);
        } elseif ($isReference && !$property->isReadOnly()) {
            $class = $property->getDeclaringClass()->getName();
            self::binder($class)($object, $property->getName(), $values, $key, true);
        } elseif (method_exists($property, 'hasHooks') && $property->hasHooks()) {
            $property->setRawValue($object, $values[$key]);
        } else {
            $property->setValue($object, $values[$key]);
        }
    }

    /** @param array<array-key, mixed> $values */
    private static function setDynamic(object $object, int|string $key, array $values, bool $isReference): void
    {
        $name = self::nameIn((string) $key);
        if ($isReference || !method_exists($object, '__set')) {
            self::binder($object::class)($object, $name, $values, $key, $isReference);
        } else {
            (new ArrayObject($object))->offsetSet($name, $values[$key]); // passes __set() by
        }
    }

    /** @return Closure(object, string, array<array-key, mixed>, array-key, bool): void sets a property, maybe by reference */
    private static function binder(string $class): Closure
    {
        return self::$binders[$class] ??= self::bound($class);
    }

    private static function bound(string $class): Closure
    {
        $scope = (new ReflectionClass($class))->isInternal() ? null : $class;
        return Closure::bind(
            static function (object $object, string $name, array $values, int|string $key, bool $isReference): void {
                if ($isReference) {
                    $object->$name = &$values[$key];
                } else {
                    $object->$name = $values[$key];
                }
            },
            null,
            $scope,
        );
    }

    private static function find(object $object, string $key): ?ReflectionProperty
    {
        $name = self::nameIn($key);
        $owner = $key !== $name ? substr($key, 1, -strlen($name) - 1) : '*';
        foreach ($owner === '*' ? [$object::class] : [$owner, $object::class] as $class) {
            if (is_a($object, $class) && property_exists($class, $name) && (new ReflectionClass($class))->hasProperty($name)) {
                $property = new ReflectionProperty($class, $name);
                // only the class that declares it may set it, if it is readonly
                $property = new ReflectionProperty($property->getDeclaringClass()->getName(), $name);
                return $property->isStatic() ? null : $property;
            }
        }
        return null;
    }

    private static function nameIn(string $key): string
    {
        $zero = strrpos($key, "\0");
        return $zero === false ? $key : substr($key, $zero + 1);
    }
}
