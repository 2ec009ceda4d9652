<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class Session implements Guard
{
    public const WHAT = 'Session';
    public const HOW = 'written and closed; `session_id()`, `session_name()`, `session_save_path()`, `session_module_name()`, '
        . '`session_set_save_handler()`, parameters of cookie and cache';

    private readonly string $id;
    private readonly string $module;

    public function __construct()
    {
        $this->id = (string) session_id();
        $this->module = (string) session_module_name();
    }

    public static function isNeeded(): bool
    {
        return extension_loaded('session');
    }

    public function restore(): bool
    {
        if (\session_status() === PHP_SESSION_ACTIVE) {
            self::close();
        }
        if (\session_id() !== $this->id) {
            @session_id($this->id);
        }
        if (\session_module_name() !== $this->module) {
            @session_module_name($this->module);
        }
        return true;
    }

    /** Save handlers of a task may fail. */
    private static function close(): void
    {
        try {
            @session_write_close();
        } catch (\Throwable) {
            // it is the task's, and that has been answered
        }
        if (session_status() === PHP_SESSION_ACTIVE) {
            @session_abort();
        }
    }
}
