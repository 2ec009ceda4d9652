<?php

declare(strict_types=1);

namespace B7s\Parallite;

use B7s\Parallite\Exception\DeadlineExceeded;
use B7s\Parallite\Exception\QuotaExceeded;
use B7s\Parallite\Exception\TaskCancelled;
use InvalidArgumentException;
use Throwable;

/**
 * Has a task that failed tried again, after a delay that grows.
 *
 * The client does that, while any future of this process is awaited. A task is tried again after any failure, also of its
 * worker, so that it may have had effects before; one that was cancelled is not. One that was refused as a rate is exceeded
 * ({@see QuotaExceeded}) waits for as long as the daemon says, at least.
 */
final class Retry
{
    /**
     * @param int $times how often the task is tried at most, the first time included
     * @param float $delay seconds before the second try
     * @param float $factor by which the delay grows from each try to the next
     * @param bool $jitter takes away up to half of each delay, at random, so that many tasks do not try at the same time
     * @param non-empty-list<class-string<Throwable>> $on the failures after which it is tried again, and their subclasses
     * @throws InvalidArgumentException when one of them is out of its range
     */
    public function __construct(
        public readonly int $times = 3,
        public readonly float $delay = 0.1,
        public readonly float $factor = 2.0,
        public readonly bool $jitter = true,
        public readonly array $on = [Throwable::class],
    ) {
        if ($times < 1) {
            throw new InvalidArgumentException("times is $times; it must be at least 1");
        }
        Seconds::grace($delay, 'delay');
        if (!($factor >= 1.0) || is_infinite($factor)) {
            throw new InvalidArgumentException('factor is ' . var_export($factor, true) . '; it must be a number of at least 1');
        }
    }

    /**
     * Whether a task is tried again.
     *
     * @internal
     * @param int $tries how often it has been tried
     */
    public function isFor(Throwable $failure, int $tries): bool
    {
        if ($tries >= $this->times || $failure instanceof TaskCancelled || $failure instanceof DeadlineExceeded) {
            return false;
        }
        foreach ($this->on as $class) {
            if ($failure instanceof $class) {
                return true;
            }
        }
        return false;
    }

    /**
     * Seconds before the next try.
     *
     * @internal
     * @param int $tries how often it has been tried
     * @param ?Throwable $failure of the last of them; one that says when the next may be is waited for
     */
    public function delayAfter(int $tries, ?Throwable $failure = null): float
    {
        $delay = min($this->delay * $this->factor ** ($tries - 1), 2_147_483.0);
        $delay = $this->jitter ? $delay * random_int(500_000, 1_000_000) / 1e6 : $delay;
        $least = $failure instanceof QuotaExceeded ? $failure->getRetryAfter() : null;
        return $least === null ? $delay : max($delay, $least);
    }
}
