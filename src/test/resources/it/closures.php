<?php

/**
 * Serializes closures for the tests: reads PHP expressions in base64, one a line, and answers each with
 * what laravel/serializable-closure makes of it, in base64.
 */

declare(strict_types=1);

use Laravel\SerializableClosure\SerializableClosure;

require __DIR__ . '/../../../../php/autoload.php';

$directory = sys_get_temp_dir();
for ($number = 1; ($line = fgets(STDIN)) !== false; $number++) {
    // the library reads a closure's code from its file, so there must be one, and a new one each time
    $file = sprintf('%s/closure-%d-%d.php', $directory, getmypid(), $number);
    file_put_contents($file, '<?php return ' . base64_decode($line) . ';');
    echo base64_encode(serialize(new SerializableClosure(require $file))), "\n";
    unlink($file);
}
