<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * The `deadline:` of an `all()` or a map passed before all of its tasks had ended; those that had not are cancelled.
 */
final class DeadlineExceeded extends ParalliteException
{
}
