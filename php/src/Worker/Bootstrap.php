<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

/**
 * Loads the autoloader of the project that the worker runs for, and the files that it wants included.
 */
final class Bootstrap
{
    /** The classes of the worker itself are never taken from another version in the project's vendor directory. */
    private const OWN = ['Wire', 'Worker'];

    /**
     * @param string $packageDirectory where this package's autoload.php is
     * @param list<string> $includes
     */
    public static function load(string $packageDirectory, array $includes): void
    {
        foreach (self::OWN as $namespace) {
            foreach (glob("$packageDirectory/src/$namespace/*.php") ?: [] as $file) {
                require_once $file;
            }
        }
        $autoloader = self::projectAutoloader() ?? self::ownAutoloader($packageDirectory);
        // a closure without a class, so that the files see neither $this nor self
        $require = \Closure::bind(static fn(string $path): mixed => require_once $path, null, null);
        if ($autoloader !== null) {
            $require($autoloader);
        }
        foreach ($includes as $file) {
            if (!is_file($file)) {
                throw new \RuntimeException("php_includes names a file that does not exist: $file");
            }
            $require($file);
        }
    }

    /** The nearest vendor/autoload.php, from the current directory upwards. */
    private static function projectAutoloader(): ?string
    {
        $directory = getcwd();
        while ($directory !== false) {
            $file = "$directory/vendor/autoload.php";
            if (is_file($file)) {
                return $file;
            }
            $parent = dirname($directory);
            $directory = $parent === $directory ? false : $parent;
        }
        return null;
    }

    /** This package's own vendor directory, or the one that it is installed in. */
    private static function ownAutoloader(string $packageDirectory): ?string
    {
        foreach (["$packageDirectory/vendor/autoload.php", dirname($packageDirectory, 2) . '/autoload.php'] as $file) {
            if (is_file($file)) {
                return $file;
            }
        }
        return null;
    }
}
