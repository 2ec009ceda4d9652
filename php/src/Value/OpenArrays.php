<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use stdClass;

/**
 * `serialize()` of some versions of PHP writes null, silently, in the place of an array that it meets again within itself: below
 * an object that holds the array that it is in, as siblings that know each other do. So a search keeps a list of the arrays
 * that it is in, each with the key of the entry at hand.
 *
 * @internal
 */
final class OpenArrays
{
    private static ?bool $areLost = null;

    private function __construct()
    {
    }

    /** Whether this PHP loses them (8.2 does), so that the list has to be kept. */
    public static function areLost(): bool
    {
        if (self::$areLost === null) {
            $object = new stdClass();
            $array = ['object' => $object];
            $object->array = $array;
            self::$areLost = \str_contains(\serialize([$array]), 'N;');
            unset($object->array);
        }
        return self::$areLost;
    }

    /**
     * Whether an array is likely to be one of those that a search is in. PHP does not tell which arrays are one in memory; what
     * does not have the same entry under the key is another one.
     *
     * @param list<array{array<array-key, mixed>, array-key}> $open
     * @param array<array-key, mixed> $values
     */
    public static function mayHave(array $open, array $values): bool
    {
        foreach ($open as [$array, $key]) {
            if (\count($array) !== \count($values) || !isset($values[$key])) {
                continue;
            }
            [$entry, $other] = [$array[$key], $values[$key]];
            if (\is_array($entry) ? \is_array($other) && \count($entry) === \count($other) : $entry === $other) {
                return true;
            }
        }
        return false;
    }
}
