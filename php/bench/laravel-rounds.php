<?php

/**
 * The part of laravel.php that runs in the application, which is the current directory.
 */

declare(strict_types=1);

use App\Order;
use B7s\Parallite\ClientInterface;
use B7s\Parallite\Laravel\ParalliteDriver;
use Illuminate\Concurrency\ConcurrencyManager;
use Illuminate\Concurrency\ProcessDriver;
use Illuminate\Contracts\Console\Kernel;
use Spatie\Fork\Fork;

$fork = getenv('SPATIE_FORK');
if ($fork !== false) {
    require $fork;
}
$app = require getcwd() . '/bootstrap/app.php';
$app->make(Kernel::class)->bootstrap();

const TASKS = 8;
const COMPUTING_MS = 20;

$burn = static function (int $turns): int {
    for ($i = $x = 0; $i < $turns; $i++) {
        $x = ($x * 31 + $i) % 1_000_003;
    }
    return $x;
};
$best = INF;
for ($i = 0; $i < 10; $i++) { // what else runs here makes some of them longer
    $started = hrtime(true);
    $burn(1_000_000);
    $best = min($best, (hrtime(true) - $started) / 1e6);
}
$turns = (int) (1_000_000 * COMPUTING_MS / $best);

$shop = $app->make('db')->connection('shop');
if ($shop->getDriverName() === 'sqlite') {
    touch($shop->getDatabaseName());
}
$shop->statement('create table orders (id integer primary key, text varchar(20))');
for ($id = 1; $id <= 100; $id++) {
    $shop->insert('insert into orders values (?, ?)', [$id, "order $id"]);
}

$loads = [
    'nothing' => static fn(): int => 1,
    'ten queries of Eloquent' => static function (): int {
        for ($id = 1, $length = 0; $id <= 10; $id++) {
            $length += strlen(Order::query()->findOrFail($id)->text);
        }
        return $length;
    },
    'a wait of 100 ms' => static function (): void {
        usleep(100_000);
    },
    COMPUTING_MS . ' ms of computing' => static fn(): int => $burn($turns),
];
$concurrency = $app->make(ConcurrencyManager::class);
$client = $app->make(ClientInterface::class);
$drivers = [
    'sync' => $concurrency->driver('sync'),
    'process' => $concurrency->driver('process'),
    'fork' => class_exists(Fork::class) ? $concurrency->driver('fork') : null,
    'parallite, a fork for each task' => new ParalliteDriver($client, isolate: true),
    'parallite, `isolate` off' => new ParalliteDriver($client, isolate: false),
];

echo '| eight tasks of | ', implode(' | ', array_keys($drivers)), " |\n|", str_repeat('---|', 1 + count($drivers)), "\n";
foreach ($loads as $name => $load) {
    echo "| $name ";
    foreach ($drivers as $driver) {
        if ($driver === null) {
            echo '| – ';
            continue;
        }
        $times = [];
        $rounds = $driver instanceof ProcessDriver ? min(3, (int) $argv[1]) : (int) $argv[1];
        // the first ones warm it up; processes know nothing of each other
        for ($round = $driver instanceof ProcessDriver ? 0 : -2; $round < $rounds; $round++) {
            $shop->disconnect(); // forks of this process would all speak over it
            $started = hrtime(true);
            $driver->run(array_fill(0, TASKS, $load));
            if ($round >= 0) {
                $times[] = (hrtime(true) - $started) / 1e6;
            }
        }
        sort($times);
        printf('| %.1f ms ', $times[intdiv(count($times), 2)]);
    }
    echo "|\n";
}
