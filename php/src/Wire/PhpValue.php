<?php

declare(strict_types=1);

namespace B7s\Parallite\Wire;

/**
 * PHP values with their types, as a blob that `unserialize()` reads: arguments on their way to a worker, results on
 * their way back. Both ends trust each other: the daemon's socket belongs to one user.
 *
 * @internal
 */
final class PhpValue
{
    /** @throws \Throwable when the value, or something in it, can't be serialized */
    public static function encode(mixed $value): string
    {
        if ($value instanceof \Closure) {
            return serialize(ClosureBearer::of($value));
        }
        try {
            return serialize($value);
        } catch (\Exception $e) {
            if (!str_contains($e->getMessage(), "'Closure'")) {
                throw $e;
            }
        }
        try {
            return serialize(self::withoutClosures($value));
        } catch (\Exception $e) {
            if (!str_contains($e->getMessage(), "'Closure'")) {
                throw $e;
            }
        }
        return serialize(ClosureBearer::of($value)); // closures within objects
    }

    /**
     * @param string $blob as it is, or in base64: the second byte tells, which is never one of base64's
     * @throws \Throwable when the blob is damaged, or closures in it can't be rebuilt
     */
    public static function decode(string $blob): mixed
    {
        $second = $blob[1] ?? '';
        if ($second !== ':' && $second !== ';') {
            $blob = (string) base64_decode($blob, true);
        }
        $value = @unserialize($blob);
        if ($value === false && $blob !== 'b:0;') {
            throw new \UnexpectedValueException('the value cannot be unserialized: '
                . (error_get_last()['message'] ?? 'it is damaged'));
        }
        return str_contains($blob, ClosureBearer::class) ? self::withClosures($value) : $value;
    }

    /** The same with bearers in the place of closures, in arrays of any depth. */
    private static function withoutClosures(mixed $value): mixed
    {
        return match (true) {
            $value instanceof \Closure => ClosureBearer::of($value),
            is_array($value) => array_map(self::withoutClosures(...), $value),
            default => $value,
        };
    }

    private static function withClosures(mixed $value): mixed
    {
        return match (true) {
            $value instanceof ClosureBearer => $value->value(),
            is_array($value) => array_map(self::withClosures(...), $value),
            default => $value,
        };
    }
}
