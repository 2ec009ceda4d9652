<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel\Reset;

use Closure;

/**
 * Properties that the framework keeps to itself, in the versions that have them.
 *
 * @internal
 */
final class Inside
{
    private function __construct()
    {
    }

    /** @return mixed null where there is no such property */
    public static function get(object $object, string $property): mixed
    {
        return Closure::bind(fn(): mixed => $this->$property ?? null, $object, $object::class)();
    }

    /**
     * @param list<string> $properties
     * @return array<string, mixed> those that there are
     */
    public static function all(object $object, array $properties): array
    {
        $values = [];
        foreach ($properties as $property) {
            if (property_exists($object, $property)) {
                $values[$property] = self::get($object, $property);
            }
        }
        return $values;
    }

    /** @param array<string, mixed> $values by property */
    public static function set(object $object, array $values): void
    {
        Closure::bind(function () use ($values): void {
            foreach ($values as $property => $value) {
                $this->$property = $value;
            }
        }, $object, $object::class)();
    }

    /**
     * @param class-string $class
     * @return array<string, mixed> values of its static properties, without those of classes above
     */
    public static function statics(string $class): array
    {
        return Closure::bind(static function () use ($class): array {
            $values = [];
            foreach ((new \ReflectionClass($class))->getProperties(\ReflectionProperty::IS_STATIC) as $property) {
                $values += $property->class === $class ? [$property->name => $class::${$property->name}] : [];
            }
            return $values;
        }, null, $class)();
    }

    /**
     * @param class-string $class
     * @param array<string, mixed> $values by property
     */
    public static function setStatics(string $class, array $values): void
    {
        Closure::bind(static function () use ($class, $values): void {
            foreach ($values as $property => $value) {
                $class::$$property = $value;
            }
        }, null, $class)();
    }

    /** Calls what not every version has. */
    public static function call(object $target, string $method): void
    {
        if (method_exists($target, $method)) {
            $target->$method();
        }
    }
}
