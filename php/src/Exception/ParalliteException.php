<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * Everything that this package throws.
 */
class ParalliteException extends \RuntimeException
{
}
