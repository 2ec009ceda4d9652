<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class ProcessGroup implements NamedCallGuard, OwnOfProcess
{
    public const WHAT = 'Session and group of the process';
    public const HOW = '`posix_setsid()`, `posix_setpgid()`: the worker is replaced';
    public const FUNCTIONS = ['posix_setsid', 'posix_setpgid'];

    /** @var array{int, int} */
    private readonly array $group;

    public function __construct()
    {
        $this->group = self::now();
    }

    public static function isNeeded(): bool
    {
        return extension_loaded('posix');
    }

    public function restore(): bool
    {
        return self::now() === $this->group;
    }

    /** @return array{int, int} */
    private static function now(): array
    {
        return [posix_getpgrp(), posix_getsid(0)];
    }
}
