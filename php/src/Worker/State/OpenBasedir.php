<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

/**
 * Asked before the reply, other than the rest of the settings: PHP never widens it again.
 */
final class OpenBasedir implements Guard
{
    public const WHAT = '`open_basedir`';
    public const HOW = '`ini_set()`: PHP cannot widen it again, so the worker is replaced';

    private readonly string|false $directories;

    public function __construct()
    {
        $this->directories = ini_get('open_basedir');
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        return ini_get('open_basedir') === $this->directories;
    }
}
