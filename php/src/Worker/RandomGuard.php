<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use Random\Engine\Mt19937;

/**
 * The generator behind mt_rand(), rand(), shuffle() and the like: seeded anew after a task that seeded it or drew from
 * it, so that no task foretells another one's numbers.
 *
 * Seeding takes longer than all else about a small task. So a twin of the generator goes along with it, step by step:
 * as long as both give the same number, no task has touched it.
 */
final class RandomGuard
{
    private Mt19937 $twin;

    public function __construct()
    {
        $this->seed();
    }

    public function restore(): void
    {
        if (mt_rand() !== unpack('V', $this->twin->generate())[1] >> 1) {
            $this->seed();
        }
    }

    private function seed(): void
    {
        $seed = random_int(0, 0xffff_ffff);
        mt_srand($seed);
        $this->twin = new Mt19937($seed);
    }
}
