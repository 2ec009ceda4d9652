<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class Processors implements NamedCallGuard
{
    public const WHAT = 'Processors of the process';
    public const HOW = '`pcntl_setcpuaffinity()` (since PHP 8.4)';
    public const FUNCTIONS = ['pcntl_setcpuaffinity'];

    /** @var array<int, int>|false */
    private readonly array|false $processors;

    public function __construct()
    {
        $this->processors = @pcntl_getcpuaffinity();
    }

    public static function isNeeded(): bool
    {
        return function_exists('pcntl_getcpuaffinity');
    }

    public function restore(): bool
    {
        return $this->processors === false || @pcntl_getcpuaffinity() === $this->processors
            || @pcntl_setcpuaffinity(null, $this->processors);
    }
}
