<?php

/**
 * Composer loads this file with the project's autoloader, in programs and in workers. In a worker it defines nothing:
 * there the names belong to the project, until a task of a program comes that uses them.
 */

declare(strict_types=1);

if (!class_exists(B7s\Parallite\Worker\WorkerMain::class, false)) {
    require_once __DIR__ . '/definitions.php';
}
