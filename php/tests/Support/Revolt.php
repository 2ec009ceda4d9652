<?php

declare(strict_types=1);

namespace B7s\Parallite\Tests\Support;

/**
 * Where Revolt is: on the include_path, or brought by deploy/tools-for-tests. It runs on any PHP that this package
 * runs on.
 */
final class Revolt
{
    /** @return ?string the file that loads it */
    public static function autoloader(): ?string
    {
        $name = 'Revolt/EventLoop/autoload.php';
        $brought = dirname(__DIR__, 3) . "/target/tools/newer-php/usr/share/php/$name";
        return stream_resolve_include_path($name) ?: (is_file($brought) ? $brought : null);
    }
}
