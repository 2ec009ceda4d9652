<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\Ownership;

/**
 * The symbolic link by which a deployment switches an application from release to release, such as `current`. A daemon that
 * is started there follows it anew at each reload.
 *
 * A process knows only the directory where it really is. So this is the first of: the way by which a shell came here, the
 * one by which artisan was called, a link in the two directories above that leads here. Links of other users do not count.
 */
final class ReleaseLink
{
    private function __construct()
    {
    }

    /** The link to an application; its own path, where there is none. */
    public static function to(string $basePath): string
    {
        $real = realpath($basePath);
        if ($real === false || $real !== $basePath) {
            return $basePath; // by which it has been loaded
        }
        foreach (self::candidates($real) as $path) {
            if ($path !== $real && realpath($path) === $real && Ownership::objectionTo($path) === null) {
                return $path;
            }
        }
        return $real;
    }

    /** @return iterable<string> absolute */
    private static function candidates(string $real): iterable
    {
        $script = $_SERVER['argv'][0] ?? '';
        foreach ([getenv('PWD'), is_string($script) ? dirname($script) : ''] as $path) {
            if (is_string($path) && str_starts_with($path, '/') && $path !== '/') {
                yield rtrim($path, '/');
            }
        }
        foreach ([dirname($real), dirname($real, 2)] as $directory) {
            foreach (@scandir($directory) ?: [] as $name) {
                if (is_link("$directory/$name")) {
                    yield "$directory/$name";
                }
            }
        }
    }
}
