<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\Exception\TaskException;

/**
 * The task called `dd()`, which ended it; what it dumped has been shown.
 */
final class DumpedAndDied extends TaskException
{
    protected const ERROR_CODE = 'EXITED';
}
