<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

/**
 * PHP tells nobody which shutdown functions there are, and runs them when the process ends.
 */
final class ShutdownFunctions implements Guard
{
    public const WHAT = 'Shutdown functions';
    public const HOW = 'after a task that names `register_shutdown_function` the worker is replaced, so that they run then; those that '
        . 'a library has registered run when the worker ends';
    public const FUNCTION = 'register_shutdown_function';

    public function __construct(private readonly LoadedCode $code)
    {
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        return !$this->code->isNamedByTask(self::FUNCTION);
    }
}
