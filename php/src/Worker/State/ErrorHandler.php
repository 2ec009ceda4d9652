<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class ErrorHandler implements Guard
{
    public const WHAT = 'Handler of errors';
    public const HOW = '`set_error_handler()`, `restore_error_handler()`; off before the result is serialized';

    /** Handlers that a task may have stacked up. */
    private const MOST = 10_000;

    private readonly mixed $handler;

    public function __construct()
    {
        $this->handler = self::now();
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        if (self::now() === $this->handler) {
            return true;
        }
        for ($i = 0; $i < self::MOST && self::now() !== $this->handler; $i++) {
            restore_error_handler();
        }
        if (self::now() !== $this->handler) {
            set_error_handler($this->handler);
        }
        return true;
    }

    public static function now(): mixed
    {
        $handler = \set_error_handler(null);
        \restore_error_handler();
        return $handler;
    }
}
