<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * The closure cannot be sent: it captures something that cannot be serialized, or no library for closures is installed.
 */
final class ClosureNotSerializable extends ParalliteException
{
}
