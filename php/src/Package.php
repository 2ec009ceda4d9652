<?php

declare(strict_types=1);

namespace B7s\Parallite;

/**
 * Where the files of this package are, and those of packages that call it in a program's place: their frames are not
 * the program's.
 *
 * @internal
 */
final class Package
{
    /** @var list<string> with a separator at the end */
    private static array $directories = [__DIR__ . DIRECTORY_SEPARATOR];

    private function __construct()
    {
    }

    /** Counts a directory as one of this package. */
    public static function add(string $directory): void
    {
        $directory .= DIRECTORY_SEPARATOR;
        if (!in_array($directory, self::$directories, true)) {
            self::$directories[] = $directory;
        }
    }

    public static function contains(string $file): bool
    {
        foreach (self::$directories as $directory) {
            if (str_starts_with($file, $directory)) {
                return true;
            }
        }
        return false;
    }
}
