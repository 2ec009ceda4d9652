<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use stdClass;

/**
 * `serialize()` of some versions of PHP writes null, silently, in the place of an array that it meets again within itself: below
 * an object that holds the array that it is in, as siblings that know each other do. So a search keeps, for each object that it
 * is in, how many entries what holds the object has, and the key of that one.
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
     * Whether an array is likely to be one that a search is in. PHP does not tell which arrays are one in memory; what does not
     * have such an object under its key is another one.
     *
     * @param array<int, array{int, array-key}> $open by id of the object
     * @param array<array-key, mixed> $values
     */
    public static function mayHave(array $open, array $values): bool
    {
        foreach ($values as $key => $value) {
            if (\is_object($value) && ($open[\spl_object_id($value)] ?? null) === [\count($values), $key]) {
                return true;
            }
        }
        return false;
    }
}
