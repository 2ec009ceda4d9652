<?php

declare(strict_types=1);

namespace B7s\Parallite;

use Generator;
use InvalidArgumentException;

/**
 * Keys of iterables on their way to keys of an array: there, `null` would become `""`, 1.5 would become 1, and what
 * comes twice would replace what came first.
 *
 * @internal
 */
final class Keys
{
    private function __construct()
    {
    }

    /**
     * All entries as an array.
     *
     * @template T
     * @param iterable<mixed, T> $entries
     * @param string $of what they are, for the error
     * @return array<array-key, T>
     * @throws InvalidArgumentException when a key can't be one of an array, or comes twice
     */
    public static function unique(iterable $entries, string $of): array
    {
        return is_array($entries) ? $entries : iterator_to_array(self::checked($entries, $of));
    }

    /**
     * The same entries, one by one.
     *
     * @template T
     * @param iterable<mixed, T> $entries
     * @return Generator<array-key, T, void, void>
     * @throws InvalidArgumentException
     */
    public static function checked(iterable $entries, string $of): Generator
    {
        $seen = [];
        foreach ($entries as $key => $entry) {
            if (!is_int($key) && !is_string($key)) {
                throw new InvalidArgumentException('the key ' . self::text($key) . " of $of can't be a key of the array "
                    . 'of results, which has integers and strings; use imap(), which gives pairs of key and value');
            }
            if (isset($seen[$key])) {
                throw new InvalidArgumentException('the key ' . self::text($key) . " of $of comes twice, and the array "
                    . 'of results has one entry for it (of "yield from" without keys of its own, for example); use '
                    . 'imap(), which gives pairs of key and value, or give each a key of its own');
            }
            $seen[$key] = true;
            yield $key => $entry;
        }
    }

    /** A key as a person reads it. */
    public static function text(mixed $key): string
    {
        return match (true) {
            is_string($key) => "\"$key\"",
            is_object($key) => 'of class ' . $key::class,
            is_array($key) => 'that is an array',
            default => var_export($key, true),
        };
    }
}
