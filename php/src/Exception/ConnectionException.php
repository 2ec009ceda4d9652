<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * The connection to the daemon could not be made, or was lost. Tasks that were in flight may have run.
 */
class ConnectionException extends ParalliteException
{
}
