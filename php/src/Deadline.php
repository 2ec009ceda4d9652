<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\DeadlineExceeded;
use InvalidArgumentException;

/**
 * The moment by which several tasks must have ended, on the monotonic clock.
 *
 * @internal
 */
final class Deadline
{
    private readonly int $at;

    private function __construct(private readonly float $seconds)
    {
        $this->at = hrtime(true) + (int) ($seconds * 1e9);
    }

    /**
     * @param ?float $seconds from now; above zero and finite
     * @return ?self null for none
     * @throws InvalidArgumentException
     */
    public static function in(?float $seconds): ?self
    {
        return $seconds === null ? null : new self((float) Seconds::limit(min($seconds, 1e9), 'deadline'));
    }

    /** Seconds that are left, zero when it has passed. */
    public function left(): float
    {
        return max(0.0, ($this->at - hrtime(true)) / 1e9);
    }

    public function exceeded(): DeadlineExceeded
    {
        return new DeadlineExceeded("the deadline of {$this->seconds} seconds passed before all tasks had ended");
    }
}
