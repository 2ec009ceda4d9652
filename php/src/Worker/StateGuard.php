<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * The state of the process as it was before the first task, to be restored after each one: working directory, umask,
 * time zone, locale, ini settings, environment, superglobals; and by other guards handlers, random numbers and what
 * extensions keep. It looks before it touches, so that a task that changed nothing costs little.
 */
final class StateGuard
{
    /** Settings of these matter to web pages and at the start of a process, not to tasks. */
    private const IGNORED = '/^(cli|highlight|opcache|phar|session|url_rewriter)\./';

    private readonly string|false $cwd;
    private readonly int $umask;
    private readonly string $timezone;
    private readonly string|false $locale;
    /** @var array<string, string> */
    private readonly array $ini;
    /** @var array<string, string> */
    private readonly array $environment;
    /** @var list<array<array-key, mixed>|null> */
    private readonly array $superglobals;
    private readonly HandlerGuard $handlers;
    private readonly LibraryGuard $libraries;
    private readonly RandomGuard $random;

    public function __construct()
    {
        $this->cwd = getcwd();
        $this->umask = umask();
        $this->timezone = date_default_timezone_get();
        $this->locale = setlocale(LC_ALL, '0');
        $this->ini = self::changeableSettings();
        $this->environment = getenv();
        $this->superglobals = self::superglobals();
        $this->handlers = new HandlerGuard();
        $this->libraries = new LibraryGuard();
        $this->random = new RandomGuard();
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
        $this->handlers->restore();
        $this->libraries->restore();
        foreach ($this->ini as $name => $value) {
            if (ini_get($name) !== $value) {
                @ini_set($name, $value);
            }
        }
        $this->restoreEnvironment();
        $this->random->restore();
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
        if (self::superglobals() !== $this->superglobals) {
            [$_SERVER, $_ENV, $_GET, $_POST, $_COOKIE, $_FILES, $_REQUEST, $session] = $this->superglobals;
            if ($session === null) {
                unset($_SESSION);
            } else {
                $_SESSION = $session;
            }
        }
    }

    /** @return list<array<array-key, mixed>|null> */
    private static function superglobals(): array
    {
        return [$_SERVER, $_ENV, $_GET, $_POST, $_COOKIE, $_FILES, $_REQUEST, $_SESSION ?? null];
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
