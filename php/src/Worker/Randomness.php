<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Quietly;

/**
 * PHP's pseudo-random numbers, which a fork would have in common with its siblings.
 *
 * @internal
 */
final class Randomness
{
    /**
     * To how many places the generator behind lcg_value() is moved: PHP cannot seed it. Forks that are made one after the
     * other get different ones. From PHP 8.4 on each step reports that the function is deprecated, which takes long.
     */
    private const STEPS = PHP_VERSION_ID < 80400 ? 4_096 : 128;

    private function __construct()
    {
    }

    /** Seeds all of them from the system's; random_int() and random_bytes() ask that one anyway. */
    public static function reseed(): void
    {
        mt_srand(random_int(0, 0x7FFFFFFF));
        Quietly::call(static function (): void {
            for ($left = (int) getmypid() % self::STEPS; $left >= 0; $left--) {
                lcg_value();
            }
        });
    }
}
