<?php

/**
 * A worker for trying out the daemon without closures; see TestTasks for what it can do. It needs nothing
 * beyond core PHP.
 *
 * @parallite-transport socket
 */

declare(strict_types=1);

require __DIR__ . '/autoload.php';

B7s\Parallite\Worker\WorkerMain::run(static fn() => new B7s\Parallite\Worker\TestTasks());
