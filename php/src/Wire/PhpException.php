<?php

declare(strict_types=1);

namespace B7s\Parallite\Wire;

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
     * Changes the traces of the exception for that.
     *
     * @param callable(list<array<string, mixed>>): list<array<string, mixed>> $trace gives the frames that travel
     * @param callable(string, int): array{string, int} $place gives the file and line that travel
     * @param callable(\Throwable): string $message gives the message that travels
     * @return ?string null when the exception can't be serialized, even without its previous ones
     */
    public static function encode(\Throwable $e, callable $trace, callable $place, callable $message): ?string
    {
        for ($link = $e, $count = 0; $link !== null && $count < self::MAX_CHAIN; $count++) {
            self::property($link, 'message')->setValue($link, $message($link));
            self::property($link, 'trace')->setValue($link, $trace($link->getTrace()));
            [$file, $line] = $place($link->getFile(), $link->getLine());
            self::property($link, 'file')->setValue($link, $file);
            self::property($link, 'line')->setValue($link, $line);
            $link = $link->getPrevious();
        }
        try {
            return serialize($e);
        } catch (\Throwable) {
            // a property that can't travel, of this one or of a previous one
        }
        $previous = self::property($e, 'previous');
        $cause = $e->getPrevious();
        try {
            $previous->setValue($e, null);
            return serialize($e);
        } catch (\Throwable) {
            return null;
        } finally {
            $previous->setValue($e, $cause);
        }
    }

    /**
     * @param array<array-key, mixed> $reply the failure that carried it: PHP forgets codes that are strings, as
     *     PDOException has, when it unserializes an exception
     * @return ?\Throwable null when the exception, or its class, isn't known here
     */
    public static function decode(string $blob, array $reply): ?\Throwable
    {
        try {
            $e = PhpValue::decode($blob);
        } catch (\Throwable) {
            return null;
        }
        if (!$e instanceof \Throwable) {
            return null;
        }
        $code = $reply['code'] ?? 0;
        for ($link = $e, $count = 0; $link !== null && $count < self::MAX_CHAIN; $count++) {
            $property = self::property($link, 'code');
            if (!$property->isInitialized($link)) {
                $property->setValue($link, $link === $e ? $code : 0);
            }
            $link = $link->getPrevious();
        }
        return $e;
    }

    /** A property of the built-in base class. */
    private static function property(\Throwable $e, string $name): \ReflectionProperty
    {
        return new \ReflectionProperty($e instanceof \Error ? \Error::class : \Exception::class, $name);
    }
}
