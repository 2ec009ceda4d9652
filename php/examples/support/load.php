<?php

/**
 * Finds the package's classes for the examples: Composer's autoloader where there is one, else the package's own.
 */

declare(strict_types=1);

$candidates = [
    dirname(__DIR__, 2) . '/vendor/autoload.php', // the package by itself
    dirname(__DIR__, 4) . '/autoload.php', // in another project's vendor directory
    dirname(__DIR__, 2) . '/autoload.php',
];
foreach ($candidates as $file) {
    if (is_file($file)) {
        require_once $file;
        break;
    }
}
