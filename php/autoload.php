<?php

/**
 * Loads B7s\Parallite, and Parallite for programs that use a class of it (compat/autoload.php defines its functions at
 * once); behind them the libraries of closures and MessagePack that a distribution keeps on PHP's include_path (Debian:
 * /usr/share/php).
 * Composer's autoloader makes this one unnecessary; where both are present, this one only fills the gaps.
 */

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    if (str_starts_with($class, 'B7s\\Parallite\\')) {
        $file = __DIR__ . '/src/' . strtr(substr($class, 14), '\\', '/') . '.php';
        if (is_file($file)) {
            require $file;
        }
        return;
    }
    if (str_starts_with($class, 'Parallite\\')) {
        $file = __DIR__ . '/compat/src/' . strtr(substr($class, 10), '\\', '/') . '.php';
        if (is_file($file)) {
            require $file;
            require_once __DIR__ . '/compat/src/Support/functions.php';
        }
        return;
    }
    foreach (['Laravel\\SerializableClosure\\', 'Opis\\Closure\\', 'MessagePack\\'] as $prefix) {
        if (str_starts_with($class, $prefix)) {
            $file = stream_resolve_include_path(strtr($class, '\\', '/') . '.php');
            if ($file !== false) {
                require_once $file;
            }
            return;
        }
    }
});
