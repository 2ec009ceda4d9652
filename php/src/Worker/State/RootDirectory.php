<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class RootDirectory implements NamedCallGuard
{
    public const WHAT = 'Root directory';
    public const HOW = '`chroot()`: the worker is replaced';
    public const FUNCTIONS = ['chroot'];

    /** @var array{mixed, mixed} device and inode */
    private readonly array $root;

    public function __construct()
    {
        $this->root = self::now();
    }

    public static function isNeeded(): bool
    {
        return function_exists('chroot');
    }

    public function restore(): bool
    {
        return self::now() === $this->root;
    }

    /** @return array{mixed, mixed} */
    private static function now(): array
    {
        clearstatcache();
        $root = @stat('/');
        return [$root['dev'] ?? null, $root['ino'] ?? null];
    }
}
