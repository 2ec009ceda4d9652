<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

final class RealTimeSignals implements Guard
{
    public const WHAT = 'Handlers of real-time signals';
    public const HOW = '`pcntl_signal()`. PHP 8.2 and 8.3 cannot tell them: there they are reset after a task that names the function '
        . 'itself';
    public const FUNCTION = 'pcntl_signal';

    public function __construct(private readonly LoadedCode $code)
    {
    }

    public static function isNeeded(): bool
    {
        return function_exists('pcntl_signal_get_handler') && defined('SIGRTMIN') && PHP_VERSION_ID < 80400;
    }

    public function restore(): bool
    {
        if ($this->code->isNamedByTask(self::FUNCTION)) {
            for ($signal = SIGRTMIN; $signal <= SIGRTMAX; $signal++) {
                @pcntl_signal($signal, SIG_DFL);
            }
        }
        return true;
    }
}
