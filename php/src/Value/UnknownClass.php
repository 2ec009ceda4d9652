<?php

declare(strict_types=1);

namespace B7s\Parallite\Value;

use UnexpectedValueException;

/**
 * A value holds an object of a class that does not exist here, or may not come here.
 *
 * @internal
 */
final class UnknownClass extends UnexpectedValueException
{
    public function __construct(public readonly string $class, bool $isForbidden = false)
    {
        $message = $isForbidden
            ? "class $class is not among the allowedClasses"
            : "class $class is not known here; load it, or install the package that has it";
        parent::__construct($message);
    }
}
