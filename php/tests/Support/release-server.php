<?php

/**
 * A mirror of releases, for `php -S`: /whole/FILE is the file of RELEASE_DIRECTORY, /cut/FILE ends in its middle (the list of
 * checksums does not), /moved/FILE leads to the first. RELEASE_REQUESTS takes a line for each request.
 */

declare(strict_types=1);

$path = (string) parse_url((string) $_SERVER['REQUEST_URI'], PHP_URL_PATH);
file_put_contents((string) getenv('RELEASE_REQUESTS'), "$path\n", FILE_APPEND);
[, $way, $name] = explode('/', $path) + ['', '', ''];
$file = getenv('RELEASE_DIRECTORY') . '/' . basename($name);
if ($way === 'moved') {
    header("Location: /whole/$name", true, 302);
    return;
}
if (!is_file($file)) {
    http_response_code(404);
    return;
}
$bytes = (string) file_get_contents($file);
header('Content-Length: ' . strlen($bytes));
echo $way === 'cut' && $name !== 'SHA256SUMS' ? substr($bytes, 0, intdiv(strlen($bytes), 2)) : $bytes;
