<?php

/**
 * What vendor/autoload.php is in a real application. The tests copy the application elsewhere, and name in the
 * environment where the package and Laravel are.
 */

declare(strict_types=1);

error_reporting(E_ALL & ~E_DEPRECATED); // the Laravel of the distribution was written for an earlier PHP

set_include_path(getenv('LARAVEL_FOR_TESTS') . PATH_SEPARATOR . get_include_path());
require_once 'Illuminate/autoload.php';
$installed = dirname(__DIR__) . '/vendor/b7s/parallite-php';
require_once (is_dir($installed) ? $installed : getenv('PARALLITE_PACKAGE')) . '/autoload.php';
require_once getenv('PARALLITE_PACKAGE') . '/tests/Support/doubles/intl.php';
if (!interface_exists(Illuminate\Contracts\Concurrency\Driver::class)) {
    require_once getenv('PARALLITE_PACKAGE') . '/tests/Support/doubles/concurrency.php';
}
spl_autoload_register(static function (string $class): void {
    if (str_starts_with($class, 'App\\')) {
        require dirname(__DIR__) . '/app/' . substr($class, 4) . '.php';
    }
});
