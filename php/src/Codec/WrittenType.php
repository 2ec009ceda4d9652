<?php

declare(strict_types=1);

namespace B7s\Parallite\Codec;

use PhpToken;
use ReflectionType;

/**
 * Compares the type that stands in code with the one that was loaded, as far as that goes without resolving names.
 *
 * @internal
 */
final class WrittenType
{
    private const BUILT_IN = [
        'array', 'bool', 'callable', 'false', 'float', 'int', 'mixed', 'never', 'object', 'string', 'true', 'void',
    ];

    private function __construct()
    {
    }

    /** @param list<PhpToken> $written empty for none */
    public static function couldBe(array $written, ?ReflectionType $loaded): bool
    {
        if ($written === [] || $loaded === null) {
            return ($written === []) === ($loaded === null);
        }
        $text = implode('', array_column($written, 'text'));
        $own = self::parts($text);
        $other = self::parts((string) $loaded);
        $isTold = in_array('iterable', $own, true) || in_array('traversable', $other, true);
        return $isTold || self::builtIn($own) === self::builtIn($other) && count($own) === count($other);
    }

    /** @return list<string> */
    private static function parts(string $type): array
    {
        $parts = preg_split('/[|&()?]+/', strtolower($type), -1, PREG_SPLIT_NO_EMPTY) ?: [];
        return array_values(array_diff($parts, ['null'])); // a default value of null adds it
    }

    /**
     * @param list<string> $parts
     * @return list<string>
     */
    private static function builtIn(array $parts): array
    {
        $parts = array_intersect($parts, self::BUILT_IN);
        sort($parts);
        return $parts;
    }
}
