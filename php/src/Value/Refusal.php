<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use RuntimeException;
use Throwable;

/**
 * A value that can't travel: which, and why.
 *
 * @internal
 */
final class Refusal extends RuntimeException
{
    /**
     * @param string $path to the value, such as `argument 1->orders[3]`; its beginning is the name of the whole
     * @param int|string|null $entry the key under which it is in the whole, if that is an array
     */
    public function __construct(
        public readonly string $path,
        string $reason,
        ?Throwable $previous = null,
        public readonly int|string|null $entry = null,
    ) {
        parent::__construct("$path $reason", 0, $previous);
    }
}
