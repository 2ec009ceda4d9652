<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class ExceptionHandler implements Guard
{
    public const WHAT = 'Handler of exceptions';
    public const HOW = '`set_exception_handler()`, `restore_exception_handler()`; off before the result is serialized';

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
            restore_exception_handler();
        }
        if (self::now() !== $this->handler) {
            set_exception_handler($this->handler);
        }
        return true;
    }

    private static function now(): mixed
    {
        $handler = \set_exception_handler(null);
        \restore_exception_handler();
        return $handler;
    }
}
