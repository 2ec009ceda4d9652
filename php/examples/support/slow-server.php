<?php

/**
 * A web server that takes its time, for `php -S`: /300 answers after 300 milliseconds.
 */

declare(strict_types=1);

$milliseconds = (int) trim((string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH), '/');
usleep($milliseconds * 1000);
header('Content-Type: application/json');
echo json_encode(['slept_ms' => $milliseconds, 'words' => str_repeat('lorem ipsum ', $milliseconds)]);
