<?php

declare(strict_types=1);

namespace B7s\Parallite\Exception;

/**
 * The task can't be sent: what it captures can't be serialized, its code can't be determined, or no library for
 * closures is installed.
 */
final class ClosureNotSerializable extends TaskException
{
    protected const ERROR_CODE = 'CLOSURE_NOT_SERIALIZABLE';
}
