<?php

/**
 * The worker of this package's client, at the place where projects look for it.
 *
 * @parallite-transport socket
 * @parallite-start fork
 */

declare(strict_types=1);

(static function (): never {
    $here = dirname(__DIR__, 2);
    // in the same tree, beside this one in a vendor directory, or in the vendor directory of this one
    foreach ([dirname($here), dirname($here, 2) . '/b7s/parallite-php', "$here/vendor/b7s/parallite-php"] as $package) {
        if (is_file("$package/parallite-worker.php")) {
            require "$package/parallite-worker.php";
        }
    }
    throw new LogicException('the package b7s/parallite-php is not installed beside this one');
})();
