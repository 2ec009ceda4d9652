<?php

declare(strict_types=1);

namespace B7s\Parallite\Wire;

use B7s\Parallite\Value\Serializer;
use B7s\Parallite\Value\ThrowableProperties;
use Closure;

/**
 * Exceptions as themselves: class, message, code, previous ones, and properties of their own. What travels carries no
 * arguments in its traces: those may be secrets, huge, or closures.
 *
 * @internal
 */
final class PhpException
{
    private const MAX_CHAIN = 20;

    /**
     * @param Closure(\Throwable, array<string, mixed>): array<string, mixed> $properties gives those that travel
     * @return ?string null when the exception can't be serialized, even without its previous ones
     */
    public static function encode(\Throwable $e, Closure $properties): ?string
    {
        $travels = static fn(mixed $value): bool => self::serialize($value, $properties) !== null;
        $reduced = static fn(\Throwable $link, array $all): array
            => ThrowableProperties::withoutLost($link, $properties($link, $all), $travels);
        $alone = static fn(\Throwable $link, array $all): array
            => ThrowableProperties::withoutPrevious($reduced($link, $all));
        return self::serialize($e, $properties) ?? self::serialize($e, $reduced) ?? self::serialize($e, $alone);
    }

    /** @param Closure(\Throwable, array<string, mixed>): array<string, mixed> $properties */
    private static function serialize(mixed $value, Closure $properties): ?string
    {
        try {
            return (new Serializer(throwables: $properties))->serialize($value, 'exception');
        } catch (\Throwable) {
            return null; // there is something in it that can't travel
        }
    }

    /**
     * @param array<array-key, mixed> $reply the failure that carried it: workers of earlier versions let PHP
     *     unserialize it, which forgets codes that are strings, as PDOException has
     * @param ?list<string> $allowedClasses {@see PhpValue::decode()}
     * @return ?\Throwable null when the exception, or its class, isn't known here
     */
    public static function decode(string $blob, array $reply, ?array $allowedClasses = null): ?\Throwable
    {
        try {
            $e = PhpValue::decode($blob, $allowedClasses);
        } catch (\Throwable) {
            return null;
        }
        if (!$e instanceof \Throwable) {
            return null;
        }
        self::place($e, $reply);
        $code = $reply['code'] ?? 0;
        for ($link = $e, $count = 0; $link !== null && $count < self::MAX_CHAIN; $count++) {
            $property = self::property($link, 'code');
            if (!$property->isInitialized($link)) {
                $property->setValue($link, $code);
            }
            $code = 0; // the reply tells that of the first
            $link = $link->getPrevious();
        }
        return $e;
    }

    /**
     * Where it was thrown, for a class that says itself what is serialized: it may say nothing of that, or not what the
     * worker has reported.
     *
     * @param array<array-key, mixed> $reply
     */
    private static function place(\Throwable $e, array $reply): void
    {
        $isOwn = method_exists($e, '__serialize') || method_exists($e, '__sleep');
        if ($isOwn && isset($reply['file'], $reply['line']) && is_string($reply['file']) && is_int($reply['line'])) {
            self::property($e, 'file')->setValue($e, $reply['file']);
            self::property($e, 'line')->setValue($e, $reply['line']);
        }
    }

    /** A property of the built-in base class. */
    private static function property(\Throwable $e, string $name): \ReflectionProperty
    {
        $class = $e instanceof \Error ? \Error::class : \Exception::class;
        return new \ReflectionProperty($class, $name);
    }
}
