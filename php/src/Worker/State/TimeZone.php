<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class TimeZone implements Guard
{
    public const WHAT = 'Time zone';
    public const HOW = '`date_default_timezone_set()`';

    private readonly string $zone;

    public function __construct()
    {
        $this->zone = date_default_timezone_get();
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        return date_default_timezone_get() === $this->zone || date_default_timezone_set($this->zone);
    }
}
