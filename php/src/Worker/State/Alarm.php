<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class Alarm implements NamedCallGuard
{
    public const WHAT = 'Alarm';
    public const HOW = '`pcntl_alarm()`: one that is still to come is taken back';
    public const FUNCTIONS = ['pcntl_alarm'];

    public static function isNeeded(): bool
    {
        return function_exists('pcntl_alarm');
    }

    public function restore(): bool
    {
        pcntl_alarm(0);
        return true;
    }
}
