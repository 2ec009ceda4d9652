<?php

/**
 * Loads what programs for the Go daemon's PHP package use: the classes in Parallite, and async(), await() and pd().
 * Composer's autoloader makes this file unnecessary, where this directory is installed as a package.
 */

declare(strict_types=1);

require_once dirname(__DIR__) . '/autoload.php';
require_once __DIR__ . '/src/Support/functions.php';
