<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class DatabaseErrors implements Guard
{
    public const WHAT = 'Errors of mysqli';
    public const HOW = '`mysqli_report()`';

    private readonly \mysqli_driver $driver;
    private readonly int $mode;

    public function __construct()
    {
        $this->driver = new \mysqli_driver();
        $this->mode = $this->driver->report_mode;
    }

    public static function isNeeded(): bool
    {
        return extension_loaded('mysqli');
    }

    public function restore(): bool
    {
        return $this->driver->report_mode === $this->mode || mysqli_report($this->mode);
    }
}
