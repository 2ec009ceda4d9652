<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

/**
 * Writes the way to a part of a value as PHP would: `result->orders[3]`, `$shop['db'] of the closure argument 1`.
 *
 * @internal
 */
final class ValuePath
{
    private const MAX_STEPS = 12;

    private const MAX_KEY = 64;

    /**
     * @param list<int|string|array{int|string}|array{string, string}> $steps keys of arrays as they are; keys of objects,
     *     as PHP mangles them, in a list; names of what a closure captured in a list with '$'
     * @param string|array<int, string> $names of the whole value; for a list, of its entries: an empty one has none
     */
    public static function of(array $steps, string|array $names): string
    {
        $steps = array_values($steps);
        $path = is_string($names) ? $names : $names[(int) array_shift($steps)] ?? '';
        if (is_array($names) && $path === 'argument' && $steps !== []) {
            $argument = array_shift($steps);
            $path .= ' ' . (is_int($argument) ? $argument + 1 : self::text($argument));
        }
        $isCut = count($steps) > 2 * self::MAX_STEPS;
        foreach ($isCut ? array_slice($steps, 0, self::MAX_STEPS) : $steps as $step) {
            $path = self::step($path, $step);
        }
        if ($isCut) {
            $path .= '…';
            foreach (array_slice($steps, -self::MAX_STEPS) as $step) {
                $path = self::step($path, $step);
            }
        }
        return $path;
    }

    /** @param int|string|array{int|string}|array{string, string} $step */
    private static function step(string $path, int|string|array $step): string
    {
        if (is_array($step)) {
            $name = self::text((string) $step[0]);
            return match (true) {
                !isset($step[1]) => "$path->$name",
                $path === '' => "\$$name",
                default => "\$$name of the closure $path",
            };
        }
        return $path . (is_int($step) ? "[$step]" : "['" . self::text($step) . "']");
    }

    /** The name of a property without its class, valid UTF-8, of a bounded length. */
    private static function text(int|string $key): string
    {
        $name = (string) $key;
        $zero = strrpos($name, "\0");
        $name = $zero === false ? $name : substr($name, $zero + 1);
        $name = strlen($name) > self::MAX_KEY ? substr($name, 0, self::MAX_KEY) . '…' : $name;
        return preg_match('//u', $name) === 1 ? $name : (string) json_decode((string) json_encode($name, JSON_INVALID_UTF8_SUBSTITUTE));
    }
}
