<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class SignalHandlers implements Guard
{
    public const WHAT = 'Handlers of signals';
    public const HOW = '`pcntl_signal()` for every signal that PHP can tell the handler of, `pcntl_async_signals()`; off before '
        . 'the result is serialized';

    /** PHP 8.2 tells the handlers of these only. */
    private const MOST = 64;

    /** @var array<int, callable|int> */
    private readonly array $handlers;

    private readonly bool $isAsync;

    public function __construct()
    {
        $handlers = [];
        for ($signal = 1; $signal <= self::MOST; $signal++) {
            try {
                $handlers[$signal] = pcntl_signal_get_handler($signal);
            } catch (\ValueError) {
                break;
            }
        }
        $this->handlers = $handlers;
        $this->isAsync = pcntl_async_signals();
    }

    public static function isNeeded(): bool
    {
        return function_exists('pcntl_signal_get_handler');
    }

    public function restore(): bool
    {
        \pcntl_async_signals(false); // first of all: a handler may throw at any moment
        foreach ($this->handlers as $signal => $handler) {
            if (\pcntl_signal_get_handler($signal) !== $handler) {
                pcntl_signal($signal, $handler);
            }
        }
        \pcntl_async_signals($this->isAsync);
        return true;
    }
}
