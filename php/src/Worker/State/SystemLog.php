<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class SystemLog implements NamedCallGuard
{
    public const WHAT = 'Name in the system log';
    public const HOW = '`openlog()`';
    public const FUNCTIONS = ['openlog'];

    public static function isNeeded(): bool
    {
        return function_exists('openlog');
    }

    public function restore(): bool
    {
        closelog();
        return true;
    }
}
