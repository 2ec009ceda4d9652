<?php

/**
 * One database connection per worker: opened by its first task, kept for the next ones. Needs pdo_sqlite.
 *
 * Usage: php database.php [FILE]     (default: a temporary one)
 */

declare(strict_types=1);

use B7s\Parallite\Client;

require __DIR__ . '/support/load.php';

if (!extension_loaded('pdo_sqlite')) {
    fwrite(STDERR, "this example needs ext-pdo_sqlite (Debian: php-sqlite3)\n");
    exit(69);
}
$file = $argv[1] ?? (string) tempnam(sys_get_temp_dir(), 'parallite-');
fill($file);

/*
 * A connection cannot travel to a worker, and one that was opened before a fork must not be used after it: so
 * each worker opens its own. In a project this is a function or class that the workers' autoloader finds.
 */
$ordersOf = static function (string $customer) use ($file): array {
    /** @var array<string, PDO> $connections they outlive the task: $GLOBALS is the worker's */
    $connections = &$GLOBALS['connections'];
    $isNew = !isset($connections[$file]);
    $database = $connections[$file] ??= new PDO("sqlite:$file", options: [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_TIMEOUT => 5,
    ]);
    $query = $database->prepare('SELECT COUNT(*), SUM(cents) FROM orders WHERE customer = ?');
    $query->execute([$customer]);
    [$orders, $cents] = $query->fetch(PDO::FETCH_NUM);
    return ['orders' => $orders, 'euros' => $cents / 100, 'pid' => getmypid(), 'opened' => $isNew];
};

$customers = array_map(static fn(int $i): string => "customer-$i", range(1, 40));
$totals = (new Client())->map($customers, $ordersOf, concurrency: 4);

foreach (array_slice($totals, 0, 5, true) as $i => $total) {
    printf("%-12s %3d orders  %9.2f EUR\n", $customers[$i], $total['orders'], $total['euros']);
}
printf(
    "... %d customers, %d queries, %d connections opened by %d workers\n",
    count($customers),
    count($totals),
    count(array_filter(array_column($totals, 'opened'))),
    count(array_unique(array_column($totals, 'pid'))),
);

function fill(string $file): void
{
    $database = new PDO("sqlite:$file");
    $database->exec('DROP TABLE IF EXISTS orders; CREATE TABLE orders (customer TEXT, cents INTEGER)');
    $database->beginTransaction();
    $insert = $database->prepare('INSERT INTO orders VALUES (?, ?)');
    for ($i = 0; $i < 4000; $i++) {
        $insert->execute(['customer-' . ($i % 40 + 1), 100 + $i]);
    }
    $database->commit();
}
