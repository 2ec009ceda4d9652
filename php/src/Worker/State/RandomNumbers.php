<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

use Random\Engine\Mt19937;

/**
 * Seeding takes longer than all else about a small task. So a twin of the generator goes along with it, step by step:
 * as long as both give the same number, no task has touched it.
 */
final class RandomNumbers implements OwnOfProcess
{
    public const WHAT = 'Random numbers';
    public const HOW = '`mt_srand()`, `mt_rand()` and all that uses it, such as `shuffle()`: seeded anew when a task has drawn '
        . 'some, so that none foretells another one\'s';

    private Mt19937 $twin;

    public function __construct()
    {
        $this->seed();
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        if (\mt_rand() !== \unpack('V', $this->twin->generate())[1] >> 1) {
            $this->seed();
        }
        return true;
    }

    private function seed(): void
    {
        $seed = random_int(0, 0xffff_ffff);
        mt_srand($seed);
        $this->twin = new Mt19937($seed);
    }
}
