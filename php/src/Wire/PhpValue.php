<?php

declare(strict_types=1);

namespace B7s\Parallite\Wire;

use B7s\Parallite\Value\Deserializer;
use B7s\Parallite\Value\Serializer;

/**
 * PHP values with their types, as a blob that {@see Serializer} writes: arguments on their way to a worker, results on
 * their way back. Both ends trust each other: the daemon's socket belongs to one user.
 *
 * @internal
 */
final class PhpValue
{
    /**
     * @param string $name of the value, in messages
     * @throws \B7s\Parallite\Value\Refusal when the value, or something in it, can't be serialized
     */
    public static function encode(mixed $value, string $name = 'value'): string
    {
        return (new Serializer())->serialize($value, $name);
    }

    /**
     * @param string $blob as it is, or in base64: the second byte tells, which is never one of base64's
     * @param ?list<string> $allowedClasses those of which it may hold objects, all by default; closures are "Closure"
     * @throws \Throwable when the blob is damaged, or something in it can't be rebuilt
     */
    public static function decode(string $blob, ?array $allowedClasses = null): mixed
    {
        $blob = self::plain($blob);
        $value = Deserializer::deserialize($blob, $allowedClasses);
        return str_contains($blob, ClosureBearer::class) ? self::withClosures($value) : $value;
    }

    /** The blob without its base64. */
    public static function plain(string $blob): string
    {
        $second = $blob[1] ?? '';
        return $second === ':' || $second === ';' ? $blob : (string) base64_decode($blob, true);
    }

    /** What earlier versions have put in the place of closures, in arrays of any depth, is made closures again. */
    private static function withClosures(mixed $value): mixed
    {
        return match (true) {
            $value instanceof ClosureBearer => $value->value(),
            is_array($value) => array_map(self::withClosures(...), $value),
            default => $value,
        };
    }
}
