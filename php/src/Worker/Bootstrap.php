<?php

declare(strict_types=1);

namespace B7s\Parallite\Worker;

use B7s\Parallite\Ownership;

/**
 * Loads the autoloader of the project that the worker runs for, and the files that it wants included.
 */
final class Bootstrap
{
    private const PREFIX = 'B7s\\Parallite\\';

    /**
     * What the worker runs with, before the project's code does. All classes of this package are its own, and never of
     * another version in the project's vendor directory; the others are loaded when they are used.
     */
    private const OWN = ['Wire/*', 'Value/*', 'Worker/*', 'Worker/State/*', 'TaskContext', 'Task', 'Signals', 'Quietly', 'Readiness', 'Ownership'];

    /**
     * @param string $packageDirectory where this package's autoload.php is
     * @param list<string> $includes required once
     * @param ?string $bootstrap required last
     */
    public static function load(string $packageDirectory, array $includes, ?string $bootstrap = null): void
    {
        foreach (self::OWN as $classes) {
            foreach (glob("$packageDirectory/src/$classes.php") ?: [] as $file) {
                require_once $file;
            }
        }
        $autoloader = self::projectAutoloader($includes) ?? self::ownAutoloader($packageDirectory);
        // a closure without a class, so that the files see neither $this nor self
        $load = \Closure::bind(static fn(string $path): mixed => require_once $path, null, null);
        $own = self::loaderOf($packageDirectory);
        $require = static function (string $path) use ($load, $own): mixed {
            $result = $load($path);
            spl_autoload_unregister($own);
            spl_autoload_register($own, prepend: true); // autoloaders of Composer put themselves first
            return $result;
        };
        if ($autoloader !== null) {
            $require($autoloader);
        }
        foreach ($includes as $file) {
            if (!is_file($file)) {
                throw new \RuntimeException("php_includes names a file that does not exist: $file");
            }
            $require($file);
        }
        if ($bootstrap !== null) {
            if (!is_file($bootstrap)) {
                throw new \RuntimeException("bootstrap names a file that does not exist: $bootstrap");
            }
            self::registerHooks($bootstrap, $require($bootstrap));
        }
    }

    /** @return \Closure(string): void an autoloader for the classes of this package */
    private static function loaderOf(string $packageDirectory): \Closure
    {
        return \Closure::bind(static function (string $class) use ($packageDirectory): void {
            $isOwn = strncmp($class, self::PREFIX, strlen(self::PREFIX)) === 0;
            $file = "$packageDirectory/src/" . strtr(substr($class, strlen(self::PREFIX)), '\\', '/') . '.php';
            if ($isOwn && is_file($file)) {
                require_once $file;
            }
        }, null, self::class);
    }

    /** A bootstrap file may return the hooks, instead of naming the class they are registered with. */
    private static function registerHooks(string $file, mixed $hooks): void
    {
        if (!is_array($hooks)) {
            return;
        }
        foreach ($hooks as $name => $hook) {
            if (!is_callable($hook)) {
                throw self::unknownHook($file, (string) $name);
            }
            match ($name) {
                'beforeTask' => Hooks::beforeTask($hook),
                'afterTask' => Hooks::afterTask($hook),
                'betweenTasks' => Hooks::betweenTasks($hook),
                'beforeFork' => Hooks::beforeFork($hook),
                'afterFork' => Hooks::afterFork($hook),
                default => throw self::unknownHook($file, (string) $name),
            };
        }
    }

    private static function unknownHook(string $file, string $name): \RuntimeException
    {
        return new \RuntimeException("bootstrap returned an array with the key \"$name\": $file; it may return "
            . 'callables as beforeTask, afterTask, betweenTasks, beforeFork and afterFork, or anything but an array');
    }

    /**
     * The nearest vendor/autoload.php, from the current directory upwards.
     *
     * @param list<string> $includes that are loaded anyway: they were named by the configuration
     */
    private static function projectAutoloader(array $includes): ?string
    {
        $directory = getcwd();
        while ($directory !== false) {
            $file = "$directory/vendor/autoload.php";
            if (is_file($file)) {
                $isNamed = in_array(realpath($file), array_map(realpath(...), $includes), true);
                return $isNamed ? null : self::trusted($file, $directory);
            }
            $parent = dirname($directory);
            $directory = $parent === $directory ? false : $parent;
        }
        return null;
    }

    /** A file that was found, not named: in a directory such as /tmp anybody may have put it. */
    private static function trusted(string $file, string $project): string
    {
        $objection = Ownership::objectionTo($file) ?? Ownership::objectionTo("$project/vendor");
        return $objection === null ? $file : throw new \RuntimeException("$file is not loaded: $objection; make it and its "
            . "directories belong to the worker's user, with nobody else allowed to write them, or name it in php_includes");
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
