<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class StringTokens implements Guard
{
    public const WHAT = 'String of `strtok()`';
    public const HOW = 'forgotten, so that the next task cannot read on in it';

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        \strtok('', '');
        return true;
    }
}
