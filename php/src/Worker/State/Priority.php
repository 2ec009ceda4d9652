<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class Priority implements NamedCallGuard
{
    public const WHAT = 'Priority of the process';
    public const HOW = '`proc_nice()`, `pcntl_setpriority()`; without the right to raise it again the worker is replaced';
    public const FUNCTIONS = ['proc_nice', 'pcntl_setpriority'];

    private readonly int|false $priority;

    public function __construct()
    {
        $this->priority = @pcntl_getpriority();
    }

    public static function isNeeded(): bool
    {
        return function_exists('pcntl_getpriority');
    }

    public function restore(): bool
    {
        return $this->priority === false || @pcntl_getpriority() === $this->priority
            || function_exists('pcntl_setpriority') && @pcntl_setpriority($this->priority);
    }
}
