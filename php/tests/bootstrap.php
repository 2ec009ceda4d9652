<?php

declare(strict_types=1);

// PHPUnit 9.6 was written before PHP 8.4; its deprecation notices are not the tests' business, see DeprecationTest
$level = PHP_VERSION_ID < 80400 ? E_ALL : E_ALL & ~E_DEPRECATED;
error_reporting($level);

// the tests make sockets below it; the path of one may have 103 bytes
if (strlen((string) getenv('TMPDIR')) > 50) {
    putenv('TMPDIR=/tmp');
}

$composer = dirname(__DIR__) . '/vendor/autoload.php';
if (is_file($composer)) {
    require $composer;
} else {
    require dirname(__DIR__) . '/autoload.php';
    spl_autoload_register(static function (string $class): void {
        $prefix = 'B7s\\Parallite\\Tests\\';
        if (str_starts_with($class, $prefix)) {
            $file = __DIR__ . '/' . strtr(substr($class, strlen($prefix)), '\\', '/') . '.php';
            if (is_file($file)) {
                require $file;
            }
        } elseif (str_starts_with($class, 'PHPStan\\PhpDocParser\\')) {
            @include_once strtr($class, '\\', '/') . '.php'; // a distribution keeps it on the include_path
        }
    });
}

// opis/closure 3 was written before PHP 8; its deprecation notices at loading are not the tests' business
error_reporting(E_ALL & ~E_DEPRECATED);
foreach ([Opis\Closure\SerializableClosure::class, Opis\Closure\ReflectionClosure::class] as $class) {
    class_exists($class);
}
error_reporting($level);

require_once dirname(__DIR__) . '/compat/autoload.php';
require __DIR__ . '/Support/values.php';
