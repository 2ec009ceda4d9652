<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * The daemon could not be installed; nothing of the attempt is left.
 */
final class InstallFailed extends ParalliteException
{
}
