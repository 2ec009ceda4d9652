<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * The handlers of errors, exceptions and signals as they were before the first task; with the latter the signals
 * that are held back, and alarms.
 */
final class HandlerGuard
{
    /** Bound on handlers that a task may have stacked up. */
    private const MAX_HANDLERS = 100;

    private const SIGNALS = [
        'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE', 'SIGALRM', 'SIGTERM', 'SIGCHLD', 'SIGTSTP',
    ];

    private readonly mixed $errorHandler;
    private readonly mixed $exceptionHandler;
    /** @var array<int, callable|int> empty without ext-pcntl */
    private readonly array $signals;
    private readonly bool $asyncSignals;
    /** @var list<int> */
    private readonly array $blocked;

    public function __construct()
    {
        $this->errorHandler = self::errorHandler();
        $this->exceptionHandler = self::exceptionHandler();
        $this->signals = self::signalHandlers();
        $this->asyncSignals = $this->signals !== [] && pcntl_async_signals();
        $this->blocked = $this->signals === [] ? [] : self::blockedSignals();
    }

    public function restore(): void
    {
        if (self::errorHandler() !== $this->errorHandler) {
            for ($i = 0; $i < self::MAX_HANDLERS && self::errorHandler() !== $this->errorHandler; $i++) {
                restore_error_handler();
            }
            if (self::errorHandler() !== $this->errorHandler) {
                set_error_handler($this->errorHandler);
            }
        }
        if (self::exceptionHandler() !== $this->exceptionHandler) {
            for ($i = 0; $i < self::MAX_HANDLERS && self::exceptionHandler() !== $this->exceptionHandler; $i++) {
                restore_exception_handler();
            }
            if (self::exceptionHandler() !== $this->exceptionHandler) {
                set_exception_handler($this->exceptionHandler);
            }
        }
        if ($this->signals !== []) {
            $this->restoreSignals();
        }
    }

    private function restoreSignals(): void
    {
        pcntl_alarm(0);
        foreach ($this->signals as $signal => $handler) {
            if (pcntl_signal_get_handler($signal) !== $handler) {
                pcntl_signal($signal, $handler);
            }
        }
        if (self::blockedSignals() !== $this->blocked) {
            pcntl_sigprocmask(SIG_SETMASK, $this->blocked);
        }
        if (pcntl_async_signals() !== $this->asyncSignals) {
            pcntl_async_signals($this->asyncSignals);
        }
    }

    private static function errorHandler(): mixed
    {
        $handler = set_error_handler(null);
        restore_error_handler();
        return $handler;
    }

    private static function exceptionHandler(): mixed
    {
        $handler = set_exception_handler(null);
        restore_exception_handler();
        return $handler;
    }

    /** @return array<int, callable|int> */
    private static function signalHandlers(): array
    {
        $handlers = [];
        foreach (function_exists('pcntl_signal_get_handler') ? self::SIGNALS : [] as $name) {
            if (defined($name)) {
                $handlers[constant($name)] = pcntl_signal_get_handler(constant($name));
            }
        }
        return $handlers;
    }

    /** @return list<int> */
    private static function blockedSignals(): array
    {
        pcntl_sigprocmask(SIG_BLOCK, [SIGKILL], $blocked); // blocks nothing: PHP 8.4 wants a signal, and this one can't be
        return $blocked;
    }
}
