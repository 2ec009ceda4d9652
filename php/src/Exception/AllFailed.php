<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

use Throwable;

/**
 * Future::any() had no future that succeeded.
 */
final class AllFailed extends ParalliteException
{
    /** @param array<array-key, Throwable> $failures by the key of their future */
    public function __construct(private readonly array $failures)
    {
        $first = reset($failures) ?: null;
        $message = count($failures) . ' of ' . count($failures) . ' tasks failed'
            . ($first === null ? '' : '; the first: ' . $first->getMessage());
        parent::__construct($message, 0, $first);
    }

    /** @return array<array-key, Throwable> by the key of their future, in the order in which they failed */
    public function getExceptions(): array
    {
        return $this->failures;
    }
}
