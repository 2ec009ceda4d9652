<?php

declare(strict_types=1);

namespace B7s\Parallite;

/**
 * Waits for streams, those included that `stream_select()` can't watch: it knows descriptors up to 1023 only. For a
 * higher one it says so by a warning, and then waits for nothing, or returns at once, depending on the version of PHP.
 *
 * @internal
 */
final class Readiness
{
    /** Microseconds between two looks at streams that can't be watched. */
    private const NAP = 1_000;

    private function __construct()
    {
    }

    /**
     * Whether `stream_select()` can watch a stream.
     *
     * @param resource $stream
     */
    public static function canWatch(mixed $stream): bool
    {
        $read = [$stream];
        $write = $except = null;
        return Quietly::call(static function () use ($read, $write, $except): bool {
            stream_select($read, $write, $except, 0, 0);
            return !str_contains(Quietly::warning(), 'FD_SETSIZE');
        });
    }

    /**
     * Waits until streams are ready, the time is over, or a signal has come.
     *
     * @template K of array-key
     * @param array<K, resource> $read
     * @param array<K, resource> $write
     * @param ?float $timeout seconds; null for as long as it takes
     * @param bool $canWatch whether all of them can be watched
     * @return array{array<K, resource>, array<K, resource>} those that are ready; those that may be, where they can't be
     *     watched: to be used without blocking
     */
    public static function of(array $read, array $write, ?float $timeout, bool $canWatch): array
    {
        if (!$canWatch) {
            usleep((int) min(self::NAP, ($timeout ?? 1.0) * 1e6));
            return [$read, $write];
        }
        $except = null;
        $seconds = $timeout === null ? null : (int) $timeout;
        $micros = $timeout === null ? null : (int) (($timeout - (int) $timeout) * 1e6);
        Quietly::begin();
        try {
            return (int) stream_select($read, $write, $except, $seconds, $micros) > 0 ? [$read, $write] : [[], []];
        } finally {
            Quietly::end();
        }
    }
}
