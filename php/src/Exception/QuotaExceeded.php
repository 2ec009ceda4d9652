<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * The task was refused, as this program's user, or the token that it shows, has all that one may have in flight or submit in a second.
 * It has not run.
 */
final class QuotaExceeded extends TaskException
{
    protected const ERROR_CODE = 'QUOTA_EXCEEDED';

    /** The setting that was exceeded, such as quota_tasks; empty when the daemon has not said. */
    public function getQuota(): string
    {
        return $this->text('quota');
    }

    /** Seconds after which it may be submitted again; null when that depends on when other tasks end. */
    public function getRetryAfter(): ?float
    {
        $millis = $this->text('retry_after_ms');
        return is_numeric($millis) ? (float) $millis / 1000 : null;
    }
}
