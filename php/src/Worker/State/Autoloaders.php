<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker\State;

use B7s\Parallite\Codec\UnitSource;

/**
 * What a file that is loaded once has registered stays: it would not be registered again.
 */
final class Autoloaders implements Guard
{
    public const WHAT = 'Autoloaders';
    public const HOW = '`spl_autoload_unregister()`, `spl_autoload_extensions()`, and closures of the task itself that it gave to '
        . '`spl_autoload_register()`. Autoloaders of files that a task has loaded stay, as their classes do';

    /** @var list<callable> */
    private array $loaders;

    private readonly string $extensions;

    public function __construct()
    {
        $this->loaders = spl_autoload_functions();
        $this->extensions = spl_autoload_extensions();
    }

    public static function isNeeded(): bool
    {
        return true;
    }

    public function restore(): bool
    {
        if (\spl_autoload_functions() !== $this->loaders) {
            $this->putBack();
        }
        if (\spl_autoload_extensions() !== $this->extensions) {
            spl_autoload_extensions($this->extensions);
        }
        return true;
    }

    private function putBack(): void
    {
        $now = spl_autoload_functions();
        $wanted = $this->loaders;
        foreach ($now as $loader) {
            if (!in_array($loader, $this->loaders, true) && self::isOfFile($loader)) {
                $wanted[] = $loader;
            }
        }
        $kept = array_filter($now, static fn(mixed $loader): bool => in_array($loader, $wanted, true));
        if (count($kept) === count($wanted)) {
            $wanted = array_values($kept); // nothing is missing: their order may be meant
        }
        foreach ($now as $loader) {
            spl_autoload_unregister($loader);
        }
        foreach ($wanted as $loader) {
            spl_autoload_register($loader);
        }
        $this->loaders = spl_autoload_functions();
    }

    private static function isOfFile(callable $loader): bool
    {
        if (!$loader instanceof \Closure) {
            return true;
        }
        $file = (string) (new \ReflectionFunction($loader))->getFileName();
        $isSent = UnitSource::fileOf($file) !== $file || str_contains($file, '://') && !str_starts_with($file, 'phar://');
        return !$isSent && in_array($file, get_included_files(), true);
    }
}
