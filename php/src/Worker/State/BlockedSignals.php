<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class BlockedSignals implements NamedCallGuard
{
    public const WHAT = 'Blocked signals';
    public const HOW = '`pcntl_sigprocmask()`';
    public const FUNCTIONS = ['pcntl_sigprocmask'];

    /** @var list<int> */
    private readonly array $blocked;

    public function __construct()
    {
        $this->blocked = self::now();
    }

    public static function isNeeded(): bool
    {
        return function_exists('pcntl_sigprocmask');
    }

    public function restore(): bool
    {
        if (self::now() !== $this->blocked) {
            // PHP 8.4 takes no empty list; to set SIGKILL blocks nothing
            pcntl_sigprocmask(SIG_SETMASK, [SIGKILL, ...$this->blocked]);
        }
        return true;
    }

    /** @return list<int> */
    private static function now(): array
    {
        pcntl_sigprocmask(SIG_BLOCK, [SIGKILL], $blocked); // blocks nothing: PHP 8.4 wants a signal, and this one can't be
        return $blocked;
    }
}
