<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class FileMode implements NamedCallGuard
{
    public const WHAT = 'Permissions of new files';
    public const HOW = '`umask()`';
    public const FUNCTIONS = ['umask'];

    private readonly int $mask;

    public function __construct()
    {
        $this->mask = umask();
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        umask($this->mask);
        return true;
    }
}
