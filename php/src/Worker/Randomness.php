<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * PHP's pseudo-random numbers, which a fork would have in common with its siblings.
 *
 * @internal
 */
final class Randomness
{
    /** How far the generator behind lcg_value() is moved at most: PHP cannot seed it. */
    private const STEPS = 4_096;

    private function __construct()
    {
    }

    /** Seeds all of them from the system's; random_int() and random_bytes() ask that one anyway. */
    public static function reseed(): void
    {
        mt_srand(random_int(0, 0x7FFFFFFF));
        for ($left = random_int(1, self::STEPS); $left > 0; $left--) {
            lcg_value();
        }
    }
}
