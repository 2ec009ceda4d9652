<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class WorkingDirectory implements NamedCallGuard
{
    public const WHAT = 'Working directory';
    public const HOW = '`chdir()`';
    public const FUNCTIONS = ['chdir', 'chroot'];

    private readonly string|false $directory;

    public function __construct()
    {
        $this->directory = getcwd();
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        return $this->directory === false || getcwd() === $this->directory || @chdir($this->directory);
    }
}
