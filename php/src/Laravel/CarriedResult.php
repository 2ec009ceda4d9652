<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

/**
 * The result of a task that has added something to the Context.
 */
final class CarriedResult
{
    /** @param array<string, array<string, string>> $context what it has added: `data` and `hidden`, serialized */
    public function __construct(public readonly mixed $result, public readonly array $context)
    {
    }
}
