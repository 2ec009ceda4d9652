<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use Symfony\Component\VarDumper\Cloner\Data;

/**
 * A value that a task passed to `dump()` or `dd()`, on its way to who awaits the task.
 *
 * @internal
 */
final class TaskDump
{
    /**
     * @param string $place of the call, `file:line`, the file relative to the application
     * @param bool $isLast whether the task ended with it, by dd()
     */
    public function __construct(
        public readonly Data $data,
        public readonly string $place,
        public readonly ?string $label,
        public readonly bool $isLast,
    ) {
    }
}
