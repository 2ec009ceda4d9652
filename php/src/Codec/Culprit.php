<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use Closure;
use ReflectionClass;
use ReflectionFunction;
use Throwable;

/**
 * Finds what can't be serialized in a value, and the way to it: `$this->db` (App\Repository::$db) is a PDO.
 *
 * @internal
 */
final class Culprit
{
    private const MAX_DEPTH = 32;

    /** @var array<int, true> objects that have been looked at, by id */
    private array $seen = [];

    private function __construct()
    {
    }

    /**
     * @param array<string, mixed> $values by their name
     * @return ?string such as "$this->db is a PDO"; null when nothing is found
     */
    public static function in(array $values): ?string
    {
        $search = new self();
        foreach ($values as $name => $value) {
            $culprit = $search->at($value, $name, 0);
            if ($culprit !== null) {
                return $culprit;
            }
        }
        return null;
    }

    /**
     * Resources among the values, and in the properties of objects and entries of arrays there: PHP serializes those
     * as the number 0, without a word.
     *
     * @param array<string, mixed> $values by their name
     */
    public static function resourceIn(array $values): ?string
    {
        foreach ($values as $name => $value) {
            if (self::isResource($value)) {
                return "$name is a resource";
            }
            if (!is_array($value) && (!is_object($value) || method_exists($value, '__serialize'))) {
                continue;
            }
            foreach (is_array($value) ? $value : get_mangled_object_vars($value) as $key => $entry) {
                if (self::isResource($entry)) {
                    return $name . self::step($value, $key) . ' is a resource';
                }
            }
        }
        return null;
    }

    private function at(mixed $value, string $path, int $depth): ?string
    {
        if (self::isResource($value)) {
            return "$path is a resource";
        }
        if ($depth > self::MAX_DEPTH) {
            return null;
        }
        if (is_array($value)) {
            return $this->among($value, $value, $path, $depth);
        }
        if (!is_object($value) || isset($this->seen[spl_object_id($value)])) {
            return null;
        }
        $this->seen[spl_object_id($value)] = true;
        if ($value instanceof Closure) {
            return $this->inClosure($value, $path, $depth);
        }
        $within = $this->among($value, get_mangled_object_vars($value), $path, $depth);
        if ($within !== null) {
            return $within;
        }
        try {
            serialize($value);
            return null;
        } catch (Throwable $e) {
            return str_contains($e->getMessage(), "'Closure'")
                ? null // those travel
                : "$path is " . self::name($value) . ': ' . $e->getMessage();
        }
    }

    /** @param array<array-key, mixed> $entries of the value */
    private function among(mixed $value, array $entries, string $path, int $depth): ?string
    {
        foreach ($entries as $key => $entry) {
            if (is_array($entry) || is_object($entry) || self::isResource($entry)) {
                $culprit = $this->at($entry, $path . self::step($value, $key), $depth + 1);
                if ($culprit !== null) {
                    return $culprit;
                }
            }
        }
        return null;
    }

    private function inClosure(Closure $closure, string $path, int $depth): ?string
    {
        $reflection = new ReflectionFunction($closure);
        foreach ($reflection->getClosureUsedVariables() as $name => $value) {
            $culprit = $this->at($value, "$$name of the closure $path", $depth + 1);
            if ($culprit !== null) {
                return $culprit;
            }
        }
        return null;
    }

    private static function isResource(mixed $value): bool
    {
        return is_resource($value) || gettype($value) === 'resource (closed)';
    }

    private static function name(object $object): string
    {
        $class = new ReflectionClass($object);
        return $class->isAnonymous() ? 'an object of an anonymous class' : 'a ' . $class->getName();
    }

    /** One step of the path: into an array, or into an object's property, private ones with their class. */
    private static function step(mixed $value, int|string $key): string
    {
        if (is_array($value)) {
            return is_int($key) ? "[$key]" : "['$key']";
        }
        $parts = explode("\0", (string) $key);
        return '->' . end($parts);
    }
}
