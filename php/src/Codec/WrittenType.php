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
        'array', 'bool', 'callable', 'false', 'float', 'int', 'mixed', 'never', 'null', 'object', 'string', 'true', 'void',
    ];

    private function __construct()
    {
    }

    /**
     * @param list<PhpToken> $written empty for none
     * @param bool $isNullImplied by a default value, which PHP adds to the type
     */
    public static function couldBe(array $written, ?ReflectionType $loaded, Imports $imports, bool $isNullImplied = false): bool
    {
        if ($written === [] || $loaded === null) {
            return ($written === []) === ($loaded === null);
        }
        $text = implode('', array_column($written, 'text'));
        $own = self::parts($text);
        if ($isNullImplied && array_intersect(['null', 'mixed'], $own) === []) {
            $own[] = 'null';
        }
        $other = self::parts((string) $loaded);
        $isTold = in_array('iterable', $own, true) || in_array('traversable', $other, true);
        return $isTold || self::builtIn($own) === self::builtIn($other) && self::areNamedAlike($own, $other, $imports);
    }

    /**
     * @param list<string> $own
     * @param list<string> $other
     */
    private static function areNamedAlike(array $own, array $other, Imports $imports): bool
    {
        $names = array_diff($own, self::BUILT_IN);
        foreach ($names as $name) {
            if (in_array($name, ['self', 'parent', 'static'], true) || $imports->isRenamed(explode('\\', $name)[0])) {
                return count($own) === count($other);
            }
        }
        return self::lastParts($names) === self::lastParts(array_diff($other, self::BUILT_IN));
    }

    /**
     * @param array<string> $names
     * @return list<string>
     */
    private static function lastParts(array $names): array
    {
        $parts = [];
        foreach ($names as $name) {
            $parts[] = substr($name, (int) strrpos("\\$name", '\\'));
        }
        sort($parts);
        return $parts;
    }

    /** @return list<string> in lower case */
    private static function parts(string $type): array
    {
        $parts = preg_split('/[|&()?]+/', strtolower($type), -1, PREG_SPLIT_NO_EMPTY) ?: [];
        if ($type[0] === '?') {
            $parts[] = 'null';
        }
        return $parts;
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
