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
    /** @var list<string> directories, with a separator at the end, and files */
    private static array $places = [__DIR__ . DIRECTORY_SEPARATOR];

    private function __construct()
    {
    }

    /** Counts a directory as one of this package. */
    public static function add(string $directory): void
    {
        $directory .= DIRECTORY_SEPARATOR;
        if (!in_array($directory, self::$places, true)) {
            self::$places[] = $directory;
        }
    }

    /** Counts one file as one of this package. */
    public static function addFile(string $file): void
    {
        if (!in_array($file, self::$places, true)) {
            self::$places[] = $file;
        }
    }

    public static function contains(string $file): bool
    {
        foreach (self::$places as $place) {
            if (str_starts_with($file, $place)) {
                return true;
            }
        }
        return false;
    }
}
