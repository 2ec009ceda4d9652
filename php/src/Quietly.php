<?php

declare(strict_types=1);

namespace B7s\Parallite;

use Closure;

/**
 * Calls functions of PHP that report by warnings what their return value says, too. `@` would not do: it hides a
 * warning, but the program's error handler is called all the same, and may throw.
 *
 * @internal
 */
final class Quietly
{
    private static ?Closure $handler = null;

    /** @var list<string> */
    private static array $warnings = [];

    private function __construct()
    {
    }

    /** From here until {@see end()}, no error handler of the program is called, nor one of its signals'. May be nested. */
    public static function begin(): void
    {
        Signals::hold(); // one that threw here would leave our error handler behind
        self::$warnings = [];
        self::$handler ??= static function (int $level, string $message): bool {
            self::$warnings[] = $message;
            return true;
        };
        set_error_handler(self::$handler);
    }

    public static function end(): void
    {
        restore_error_handler();
        Signals::release();
    }

    /** The last warning since {@see begin()}; empty when there was none. */
    public static function warning(): string
    {
        return self::$warnings[count(self::$warnings) - 1] ?? '';
    }

    /** The first one, which has the cause where one warning follows from another. */
    public static function firstWarning(): string
    {
        return self::$warnings[0] ?? '';
    }

    /**
     * @template T
     * @param Closure(): T $call
     * @return T
     */
    public static function call(Closure $call): mixed
    {
        self::begin();
        try {
            return $call();
        } finally {
            self::end();
        }
    }
}
