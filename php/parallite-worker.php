<?php

/**
 * The worker that runs PHP closures for the Parallite daemon, one at a time.
 *
 * It serves the project whose vendor/autoload.php is found from the current directory upwards. With
 * PARALLITE_WORKER_SOCKET in its environment it connects back to the daemon; without, it speaks frames on its
 * standard input and output, as a Go daemon expects of it.
 *
 * @parallite-transport socket
 * @parallite-start fork
 */

declare(strict_types=1);

require __DIR__ . '/autoload.php';

B7s\Parallite\Worker\WorkerMain::serveClosures(__DIR__);
