<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * No daemon listens at the address.
 */
final class DaemonNotRunning extends ConnectionException
{
}
