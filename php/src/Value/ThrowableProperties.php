<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use Closure;
use ReflectionProperty;
use Throwable;

/**
 * The properties of exceptions, as {@see get_mangled_object_vars()} gives them. Traces travel without arguments, which
 * may be secrets, huge, or things that can't travel.
 *
 * @internal
 */
final class ThrowableProperties
{
    private const TRACES = ["\0Exception\0trace", "\0Error\0trace"];

    private const PREVIOUS = ["\0Exception\0previous", "\0Error\0previous"];

    /** Those of PHP's own classes. */
    private const OF_PHP = '/^\0(\*\0(message|code|file|line)|(Exception|Error)\0.*)$/D';

    /**
     * Whether they can't go as they are: PHP forgets codes that are not numbers, as PDOException has, when it
     * unserializes an exception by itself.
     *
     * @param array<string, mixed> $properties
     */
    public static function needChange(array $properties): bool
    {
        if (!\is_int($properties["\0*\0code"] ?? 0)) {
            return true;
        }
        foreach (self::TRACES as $name) {
            foreach ($properties[$name] ?? [] as $frame) {
                if (($frame['args'] ?? []) !== [] || isset($frame['object'])) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * @param array<string, mixed> $properties
     * @return array<string, mixed>
     */
    public static function withoutArguments(array $properties): array
    {
        return self::withTrace($properties, static function (array $trace): array {
            foreach ($trace as $i => $_) {
                unset($trace[$i]['args'], $trace[$i]['object']);
            }
            return $trace;
        });
    }

    /**
     * @param array<string, mixed> $properties
     * @return array<string, mixed>
     */
    public static function withoutPrevious(array $properties): array
    {
        foreach (self::PREVIOUS as $name) {
            if (isset($properties[$name])) {
                $properties = \array_replace($properties, [$name => null]);
            }
        }
        return $properties;
    }

    /**
     * Without the values that can't travel, in properties of its own classes. The trace names them.
     *
     * @param array<string, mixed> $properties
     * @param Closure(mixed): bool $travels
     * @return array<string, mixed>
     */
    public static function withoutLost(Throwable $e, array $properties, Closure $travels): array
    {
        $lost = [];
        foreach ($properties as $name => $value) {
            if (\is_scalar($value) || $value === null || \preg_match(self::OF_PHP, $name) === 1 || $travels($value)) {
                continue;
            }
            $lost[] = self::name($name);
            if (self::allowsNull($e, $name)) {
                $properties = \array_replace($properties, [$name => null]);
            } else {
                unset($properties[$name]);
            }
        }
        $note = ['function' => '{without $' . \implode(', $', $lost) . ', which cannot leave the worker}'];
        return $lost === []
            ? $properties
            : self::withTrace($properties, static fn(array $trace): array => [...$trace, $note]);
    }

    /** The name of a property as it is written. */
    private static function name(string $mangled): string
    {
        return \substr($mangled, (int) \strrpos("\0$mangled", "\0"));
    }

    private static function allowsNull(Throwable $e, string $mangled): bool
    {
        $class = \explode("\0", $mangled)[1] ?? '*';
        $class = $class === '*' ? $e : $class;
        return \property_exists($class, self::name($mangled))
            && ((new ReflectionProperty($class, self::name($mangled)))->getType()?->allowsNull() ?? true);
    }

    /**
     * @param array<string, mixed> $properties
     * @param callable(list<array<string, mixed>>): list<array<string, mixed>> $change
     * @return array<string, mixed>
     */
    public static function withTrace(array $properties, callable $change): array
    {
        foreach (self::TRACES as $name) {
            if (isset($properties[$name])) {
                $properties = \array_replace($properties, [$name => $change($properties[$name])]);
            }
        }
        return $properties;
    }
}
