<?php

declare(strict_types=1);

namespace B7s\Parallite;

use InvalidArgumentException;

/**
 * Checks of times that the program gives, in seconds.
 *
 * @internal
 */
final class Seconds
{
    private function __construct()
    {
    }

    /**
     * A limit, such as the time that a task may run.
     *
     * @return ($seconds is null ? null : float)
     * @throws InvalidArgumentException unless it is null, or a finite number above zero
     */
    public static function limit(?float $seconds, string $name = 'timeout'): ?float
    {
        return $seconds === null || $seconds > 0.0 && is_finite($seconds)
            ? $seconds
            : throw new InvalidArgumentException("$name is " . var_export($seconds, true)
                . '; it must be a number of seconds above zero' . ($name === 'connectTimeout' ? '' : ', or null'));
    }

    /**
     * How long to wait; zero to look only.
     *
     * @return ?float null for as long as it takes
     * @throws InvalidArgumentException when it is negative or not a number
     */
    public static function toWait(?float $seconds): ?float
    {
        if ($seconds === null || $seconds === INF) {
            return null;
        }
        return $seconds >= 0.0
            ? $seconds
            : throw new InvalidArgumentException('timeout is ' . var_export($seconds, true)
                . '; it must be a number of seconds to wait, or null');
    }

    /**
     * A time that may be zero.
     *
     * @throws InvalidArgumentException when it is negative or not finite
     */
    public static function grace(float $seconds, string $name = 'grace'): float
    {
        return $seconds >= 0.0 && is_finite($seconds)
            ? $seconds
            : throw new InvalidArgumentException("$name is " . var_export($seconds, true)
                . '; it must be a number of seconds, or zero');
    }

    /** For the daemon, which takes 1 to 2,147,483,000 of them. */
    public static function milliseconds(float $seconds): int
    {
        return max(1, (int) round(min($seconds, 2_147_483.0) * 1000));
    }
}
