<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class UserAndGroups implements NamedCallGuard
{
    public const WHAT = 'User and groups of the process';
    public const HOW = '`posix_setuid()`, `posix_seteuid()`, `posix_setgid()`, `posix_setegid()`, `posix_initgroups()`: the worker is '
        . 'replaced';
    public const FUNCTIONS = [
        'posix_setuid', 'posix_seteuid', 'posix_setgid', 'posix_setegid', 'posix_initgroups', 'pcntl_unshare',
        'pcntl_setns',
    ];

    /** @var list<mixed> */
    private readonly array $identity;

    public function __construct()
    {
        $this->identity = self::now();
    }

    public static function isNeeded(): bool
    {
        return extension_loaded('posix');
    }

    public function restore(): bool
    {
        return self::now() === $this->identity;
    }

    /** @return list<mixed> */
    private static function now(): array
    {
        return [posix_getuid(), posix_geteuid(), posix_getgid(), posix_getegid(), posix_getgroups()];
    }
}
