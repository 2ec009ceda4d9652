<?php

/**
 * Tells in one line of JSON which PHP a worker would run with, whether it would boot, and whether workers could be
 * forked from one that has booted: for `parallite doctor`. Takes PARALLITE_PHP_INCLUDES and PARALLITE_WORKER_BOOTSTRAP as a worker does.
 */

declare(strict_types=1);

use B7s\Parallite\Worker\Bootstrap;
use B7s\Parallite\Worker\Inheritance;
use B7s\Parallite\Worker\StandardStreams;

require __DIR__ . '/autoload.php';

StandardStreams::define();

// a worker's boot may print, and may end the process: the report comes last in any case
$error = 'it ended the process';
register_shutdown_function(static function () use (&$error): void {
    while (ob_get_level() > 0) {
        ob_end_clean();
    }
    $last = error_get_last();
    $fatal = $last !== null && ($last['type'] & (E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR)) !== 0;
    $libraries = [];
    foreach (
        [
            'laravel/serializable-closure' => 'Laravel\SerializableClosure\SerializableClosure',
            'opis/closure 4' => 'Opis\Closure\Serializer',
            'opis/closure 3' => 'Opis\Closure\SerializableClosure',
        ] as $name => $class
    ) {
        if (class_exists($class)) {
            $libraries[] = $name;
        }
    }
    // the second field of statm: pages in memory; a page is 4 KiB where PHP and its worker commonly run
    $statm = is_readable('/proc/self/statm') ? (string) file_get_contents('/proc/self/statm') : '';
    $resident = 4096 * (int) (explode(' ', $statm)[1] ?? 0);
    $opcache = function_exists('opcache_get_status') ? @opcache_get_status(false) : false;
    fwrite(STDOUT, json_encode([
        'version' => PHP_VERSION,
        'version_id' => PHP_VERSION_ID,
        'binary' => PHP_BINARY,
        'ini' => php_ini_loaded_file() ?: null,
        'extensions' => array_map(strtolower(...), get_loaded_extensions()),
        'xdebug_mode' => extension_loaded('xdebug') ? (string) (ini_get('xdebug.mode') ?: 'develop') : '',
        'opcache_loaded' => extension_loaded('Zend OPcache'),
        'opcache' => (bool) ini_get('opcache.enable_cli') && extension_loaded('Zend OPcache'),
        'opcache_file_cache_only' => (bool) ini_get('opcache.file_cache_only'),
        'jit' => is_array($opcache) && ($opcache['jit']['on'] ?? false),
        'resident_bytes' => $resident,
        'memory_limit' => (string) ini_get('memory_limit'),
        'disable_functions' => array_values(array_filter(explode(',', (string) ini_get('disable_functions')))),
        'closures' => $libraries,
        'project_autoloader' => current(preg_grep('~/vendor/autoload\.php$~', get_included_files())) ?: null,
        'fork_objection' => Inheritance::objection(StandardStreams::wouldBeReplaceable()),
        'open' => array_values(Inheritance::descriptors()),
        'boot_error' => $fatal ? $last['message'] : $error,
    ], JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_SLASHES) . "\n");
});
ob_start();
Inheritance::begin();
try {
    $includes = getenv('PARALLITE_PHP_INCLUDES') ?: '[]';
    $bootstrap = getenv('PARALLITE_WORKER_BOOTSTRAP') ?: null;
    Bootstrap::load(__DIR__, json_decode($includes, true), $bootstrap);
    $error = null;
} catch (Throwable $e) {
    $error = get_class($e) . ': ' . $e->getMessage();
}
