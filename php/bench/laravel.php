<?php

/**
 * The drivers of Laravel's Concurrency against each other: milliseconds for one run() of eight tasks, the median of some.
 *
 * php bench/laravel.php [ROUNDS]
 *
 * It makes an application of the Laravel in target/tools in a temporary directory, and starts the daemon of target/parallite
 * (or PARALLITE_BIN) for it. The queries go to MariaDB, where the tests have one, else to SQLite. SPATIE_FORK names the
 * autoloader of an installation of spatie/fork, for the driver "fork".
 */

declare(strict_types=1);

use B7s\Parallite\Tests\Support\LaravelApplication;
use B7s\Parallite\Tests\Support\MariaDb;

require dirname(__DIR__) . '/autoload.php';
spl_autoload_register(static function (string $class): void {
    $prefix = 'B7s\Parallite\Tests\\';
    if (str_starts_with($class, $prefix)) {
        require dirname(__DIR__) . '/tests/' . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
    }
});

$rounds = (int) ($argv[1] ?? 15);
if (LaravelApplication::framework() === null || PHP_VERSION_ID < 80400) {
    fwrite(STDERR, "it needs PHP 8.4 and Laravel; deploy/tools-for-tests brings both: target/tools/newer-php/bin/php\n");
    exit(69);
}
if (getenv('PARALLITE_BIN') === false) {
    putenv('PARALLITE_BIN=' . dirname(__DIR__, 2) . '/target/parallite/bin/parallite');
}
$objection = MariaDb::objection();
$server = $objection === null ? MariaDb::start() : null;
$environment = "CONCURRENCY_DRIVER=parallite\n" . ($server === null ? '' : "DB_SOCKET={$server->socket}\n");
$application = new LaravelApplication(sys_get_temp_dir() . '/parallite-bench-' . bin2hex(random_bytes(6)), $environment);
file_put_contents("{$application->directory}/config/parallite.php", '<?php return ' . var_export([
    'daemon' => ['fixed_workers' => 8, 'max_workers' => 8, 'worker_start' => 'fork'],
], true) . ';');
try {
    $started = $application->artisan('parallite:start', '--detach');
    $started->exitCode === 0 || throw new RuntimeException($started->output);
    $exit = proc_close(proc_open(
        [PHP_BINARY, __DIR__ . '/laravel-rounds.php', (string) $rounds],
        [STDIN, STDOUT, STDERR],
        $pipes,
        $application->directory,
        array_filter(LaravelApplication::environment() + getenv(), is_string(...)),
    ));
    printf("\nPHP %s, %s, load %.1f\n", PHP_VERSION, $server === null ? "SQLite ($objection)" : 'MariaDB', sys_getloadavg()[0]);
} finally {
    $application->artisan('parallite:stop');
    $application->remove();
    $server?->stop();
}
exit($exit);
