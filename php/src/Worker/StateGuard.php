<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * The state of the process as it was before the first task, to be restored after each one: working
 * directory, umask, time zone, locale, ini settings, environment, superglobals, handlers of errors,
 * exceptions and signals, alarms. It looks before it touches, so that a task that changed nothing costs little.
 */
final class StateGuard
{
    /** Bound on handlers that a task may have stacked up. */
    private const MAX_HANDLERS = 100;

    /** Settings of these matter to web pages and at the start of a process, not to tasks. */
    private const IGNORED = '/^(cli|highlight|opcache|phar|session|url_rewriter)\./';

    private const SIGNALS = [
        'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE', 'SIGALRM', 'SIGTERM', 'SIGCHLD', 'SIGTSTP',
    ];

    private readonly string|false $cwd;
    private readonly int $umask;
    private readonly string $timezone;
    private readonly string|false $locale;
    private readonly ?string $characters;
    /** @var array<string, string> */
    private readonly array $ini;
    /** @var array<string, string> */
    private readonly array $environment;
    /** @var list<array<array-key, mixed>> */
    private readonly array $superglobals;
    private readonly mixed $errorHandler;
    private readonly mixed $exceptionHandler;
    /** @var array<int, callable|int> */
    private readonly array $signals;
    private readonly bool $asyncSignals;

    public function __construct()
    {
        $this->cwd = getcwd();
        $this->umask = umask();
        $this->timezone = date_default_timezone_get();
        $this->locale = setlocale(LC_ALL, '0');
        $this->characters = function_exists('mb_internal_encoding') ? (string) mb_internal_encoding() : null;
        $this->ini = self::changeableSettings();
        $this->environment = getenv();
        $this->superglobals = [$_SERVER, $_ENV, $_GET, $_POST, $_COOKIE, $_FILES, $_REQUEST];
        $this->errorHandler = self::errorHandler();
        $this->exceptionHandler = self::exceptionHandler();
        $this->signals = self::signalHandlers();
        $this->asyncSignals = function_exists('pcntl_async_signals') && pcntl_async_signals();
    }

    public function restore(): void
    {
        if ($this->cwd !== false && getcwd() !== $this->cwd) {
            @chdir($this->cwd);
        }
        if (umask() !== $this->umask) {
            umask($this->umask);
        }
        if (date_default_timezone_get() !== $this->timezone) {
            date_default_timezone_set($this->timezone);
        }
        if ($this->locale !== false && setlocale(LC_ALL, '0') !== $this->locale) {
            setlocale(LC_ALL, $this->locale);
        }
        if ($this->characters !== null && mb_internal_encoding() !== $this->characters) {
            mb_internal_encoding($this->characters);
        }
        $this->restoreHandlers();
        $this->restoreSignals();
        foreach ($this->ini as $name => $value) {
            if (ini_get($name) !== $value) {
                @ini_set($name, $value);
            }
        }
        $this->restoreEnvironment();
    }

    private function restoreHandlers(): void
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
    }

    private function restoreSignals(): void
    {
        if ($this->signals === []) {
            return;
        }
        pcntl_alarm(0);
        foreach ($this->signals as $signal => $handler) {
            if (pcntl_signal_get_handler($signal) !== $handler) {
                pcntl_signal($signal, $handler);
            }
        }
        if (pcntl_async_signals() !== $this->asyncSignals) {
            pcntl_async_signals($this->asyncSignals);
        }
    }

    private function restoreEnvironment(): void
    {
        $now = getenv();
        if ($now !== $this->environment) {
            foreach (array_diff_key($now, $this->environment) as $name => $_) {
                putenv((string) $name);
            }
            foreach (array_diff_assoc($this->environment, $now) as $name => $value) {
                putenv("$name=$value");
            }
        }
        if ([$_SERVER, $_ENV, $_GET, $_POST, $_COOKIE, $_FILES, $_REQUEST] !== $this->superglobals) {
            [$_SERVER, $_ENV, $_GET, $_POST, $_COOKIE, $_FILES, $_REQUEST] = $this->superglobals;
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

    /** @return array<string, string> */
    private static function changeableSettings(): array
    {
        $settings = [];
        foreach (ini_get_all() ?: [] as $name => $setting) {
            $value = ini_get($name);
            if (($setting['access'] & INI_USER) !== 0 && is_string($value) && !preg_match(self::IGNORED, $name)) {
                $settings[$name] = $value;
            }
        }
        return $settings;
    }
}
