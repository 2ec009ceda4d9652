<?php

/**
 * What LaravelTest has this application do; each scenario gets the driver.
 */

declare(strict_types=1);

use App\Order;
use App\PdoDouble;
use B7s\Parallite\ClientInterface;
use B7s\Parallite\Laravel\Events\TaskFinished;
use B7s\Parallite\Laravel\Events\TaskStarting;
use B7s\Parallite\Laravel\Parallite;
use B7s\Parallite\Laravel\ParalliteDriver;
use B7s\Parallite\Laravel\WorkerApplication;
use Carbon\Carbon;
use Carbon\CarbonInterval;
use GuzzleHttp\Psr7\Response as Psr7Response;
use Illuminate\Auth\GenericUser;
use Illuminate\Contracts\Auth\Access\Gate;
use Illuminate\Contracts\Auth\Factory as Auth;
use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Contracts\Http\Kernel as HttpKernel;
use Illuminate\Database\DatabaseManager;
use Illuminate\Database\Events\QueryExecuted;
use Illuminate\Filesystem\FilesystemManager;
use Illuminate\Http\Client\RequestException;
use Illuminate\Http\Client\Response;
use Illuminate\Http\Request;
use Illuminate\Pagination\Paginator;
use Illuminate\Support\Collection;
use Illuminate\Support\Facades\Concurrency;
use Illuminate\Support\Facades\Context;
use Illuminate\Support\Facades\Event;
use Illuminate\Support\Facades\Route;
use Illuminate\Validation\ValidationException;
use Laravel\SerializableClosure\SerializableClosure;

use function Illuminate\Support\defer;

/** Changes of a task in what the framework keeps for as long as its process lives. */
$pollutes = static function (Application $app): int {
    $app->bind('left', stdClass::class);
    $app->make('kept')->changed = true; // a singleton that nobody has made before
    $app->make('session')->driver('array')->put('key', 'left');
    $app->instance('request', Request::create('https://left.example/page'));
    $app->make('url')->forceRootUrl('https://left.example');
    Paginator::currentPageResolver(static fn(): int => 77);
    $app->make('view')->share('left', true);
    $app->make('filesystem')->set('left', $app->make('filesystem')->build(['driver' => 'local', 'root' => storage_path()]));
    $app->make('db')->connection('other');
    $app->make('events')->listen(QueryExecuted::class, static fn() => $GLOBALS['heard'] = true); // DB::listen()
    Collection::macro('left', static fn(): bool => true);
    $app->make(Gate::class)->before(static fn(): bool => true);
    Order::saving(static fn(): bool => true);
    define('LEFT_BY_A_TASK', true);
    return getmypid();
};

/** Which of them another task finds. */
$finds = static fn(Application $app): array => [getmypid(), array_keys(array_filter([
    'binding' => $app->bound('left'),
    'singleton' => isset($app->make('kept')->changed),
    'session' => $app->make('session')->driver('array')->has('key'),
    'request' => $app->make('request')->getHost() === 'left.example',
    'URL root' => str_contains($app->make('url')->to('/'), 'left.example'),
    'paginator' => Paginator::resolveCurrentPage() === 77,
    'view' => array_key_exists('left', $app->make('view')->getShared()),
    'disk' => Closure::bind(fn(): bool => isset($this->disks['left']), $app->make('filesystem'), FilesystemManager::class)(),
    'connection' => array_key_exists('other', $app->make('db')->getConnections()),
    'DB::listen' => $app->make('events')->dispatch(new QueryExecuted('select 1', [], 1.0, $app->make('db')->connection('main'))) !== null
        && isset($GLOBALS['heard']),
    'macro' => Collection::hasMacro('left'),
    'Gate::before' => $app->make(Gate::class)->forUser(new GenericUser(['id' => 1]))->check('anything'),
    'model event' => $app->make('events')->hasListeners('eloquent.saving: ' . Order::class),
    'constant' => defined('LEFT_BY_A_TASK'),
]))];

/** Runs one task after the other, all by the one persistent worker. */
$inTurn = static function (ParalliteDriver $driver, Closure ...$tasks): array {
    $results = [];
    foreach ($tasks as $task) {
        while (app(ClientInterface::class)->stats()['pool']['idle'] === 0) {
            usleep(10_000);
        }
        [$results[]] = $driver->run($task);
    }
    return $results;
};

return [
    'release' => static fn(ParalliteDriver $driver): array => $driver->run(
        static fn(): array => [env('SHOP'), env('GIVEN'), base_path(), realpath(PHP_BINARY)],
    )[0],

    'keys' => static fn(ParalliteDriver $driver): array => $driver->run([
        'second' => static fn(): int => 2,
        'first' => static fn(): int => 1,
    ]),

    'injection' => static fn(ParalliteDriver $driver): array => $driver->run([
        static fn(Config $config, Application $app): array
            => [$config->get('app.name'), $app->runningInConsole(), app()->getLocale(), basename(base_path())],
    ]),

    'one line' => static fn(ParalliteDriver $driver): array => $driver->run([static fn(): int => 1, static fn(): int => 2]),

    'trap' => static function (ParalliteDriver $driver): array {
        $tasks = [static fn(): int => 1, static fn(): int => 2];
        return $driver->run($tasks);
    },

    'model' => static function (ParalliteDriver $driver): array {
        touch(config('database.connections.shop.database'));
        app('db')->connection('shop')->statement('create table orders (id integer primary key, text varchar)');
        $order = Order::create(['text' => 'as it was']);
        Order::query()->whereKey($order->getKey())->update(['text' => 'as it is now']);
        return $driver->run(static fn(): string => $order->text);
    },

    'types' => static function (ParalliteDriver $driver): string {
        [$collection] = $driver->run(static fn() => collect(['at' => new DateTimeImmutable('2026-01-01')]));
        return $collection::class . ' ' . $collection['at']->format('Y');
    },

    'failure' => static fn(ParalliteDriver $driver): array => $driver->run([
        static fn(): int => 1,
        static function (): never {
            usleep(200_000);
            throw new DomainException('first');
        },
        static fn() => throw new LogicException('second'),
    ]),

    'exceptions' => static function (ParalliteDriver $driver): array {
        $caught = static function (Closure $task) use ($driver): Throwable {
            try {
                $driver->run($task);
            } catch (Throwable $e) {
                return $e;
            }
            throw new LogicException('the task did not fail');
        };
        $validation = $caught(static fn() => throw ValidationException::withMessages(['name' => 'is missing']));
        $request = $caught(static fn() => throw new RequestException(
            new Response(new Psr7Response(503, ['Retry-After' => '9'], '{"busy": true}')),
        ));
        $http = $caught(static fn() => abort(418, 'tea', ['X-Pot' => 'short']));
        return [
            [$validation::class, $validation->errors(), $validation->status, $validation->errorBag],
            [$request::class, $request->response->status(), $request->response->json(), $request->response->header('Retry-After')],
            [$http::class, $http->getStatusCode(), $http->getHeaders(), $http->getMessage()],
        ];
    },

    'model that is gone' => static function (ParalliteDriver $driver): array {
        touch(config('database.connections.shop.database'));
        app('db')->connection('shop')->statement('create table if not exists orders (id integer primary key, text varchar)');
        $order = Order::create(['text' => 'gone']);
        Order::query()->whereKey($order->getKey())->delete();
        return $driver->run(static fn(): string => $order->text);
    },

    'notice' => static fn(ParalliteDriver $driver): array => $inTurn(
        $driver,
        static fn(): int => 1,
        static function (): string {
            try {
                return (string) $undefined;
            } catch (ErrorException $e) {
                return $e->getMessage();
            }
        },
    ),

    'concurrency' => static function (ParalliteDriver $driver): int {
        $task = static function (): array {
            $started = microtime(true);
            usleep(700_000);
            return [$started, microtime(true)];
        };
        $times = $driver->run(array_fill(0, 5, $task), null, 2);
        $most = 0;
        foreach ($times as [$started]) {
            $running = array_filter($times, static fn(array $time): bool => $time[0] <= $started && $started < $time[1]);
            $most = max($most, count($running));
        }
        return $most;
    },

    'timeout' => static fn(ParalliteDriver $driver): array => $driver->run(
        static fn() => sleep(20),
        1,
    ),

    'reset' => static fn(ParalliteDriver $driver): array => $inTurn(
        $driver,
        static function (Application $app): int {
            $app->setLocale('de');
            $app->make('config')->set(['app.name' => 'changed', 'added' => 1]);
            $app->make(Auth::class)->guard()->setUser(new GenericUser(['id' => 1]));
            $app->make('db')->setDefaultConnection('other');
            $app->make('db')->beginTransaction();
            $app->make('cache')->put('key', 'value');
            Carbon::setTestNow('2001-01-01');
            foreach (['scoped', 'flushed', 'kept'] as $binding) {
                $app->make($binding)->changed = true;
            }
            return getmypid();
        },
        static function (Application $app, DatabaseManager $databases): array {
            /** @var PdoDouble $pdo */
            $pdo = $databases->connection('other')->getPdo();
            return [
                'pid' => getmypid(),
                'locale' => [$app->getLocale(), $app->make('translator')->getLocale()],
                'config' => [config('app.name'), config('added')],
                'user' => $app->make(Auth::class)->guard()->check(),
                'connection' => $databases->getDefaultConnection(),
                'transactions' => [$databases->connection('other')->transactionLevel(), $pdo->begun, $pdo->rolledBack],
                'cache' => $app->make('cache')->get('key'),
                'now' => Carbon::hasTestNow(),
                'scoped' => isset($app->make('scoped')->changed),
                'flushed' => isset($app->make('flushed')->changed),
                'kept' => isset($app->make('kept')->changed),
            ];
        },
    ),

    'deferred in a task' => static fn(ParalliteDriver $driver): array => $inTurn(
        $driver,
        static function (): string {
            $file = storage_path('deferred');
            defer(static fn() => file_put_contents($file, 'deferred'));
            return is_file($file) ? 'too early' : 'later';
        },
        static fn(): string => (string) @file_get_contents(storage_path('deferred')),
    ),

    'defer' => static function (ParalliteDriver $driver): array {
        $file = storage_path('unattended');
        $started = microtime(true);
        $deferred = $driver->defer([
            static function () use ($file): void {
                usleep(500_000);
                file_put_contents($file, 'done');
            },
            static fn() => throw new DomainException('nobody awaits this'),
        ]);
        $before = is_file($file);
        $deferred();
        $isWaiting = microtime(true) - $started >= 0.5;
        for ($i = 0; $i < 500 && !is_file($file); $i++) {
            usleep(10_000);
        }
        return ['before' => $before, 'waits' => $isWaiting, 'after' => is_file($file)];
    },

    'facade' => static fn(): array => [
        Concurrency::run(['b' => fn() => 'second', 'a' => fn() => 'first']),
        Concurrency::driver('parallite')->run([fn(Config $config) => $config->get('app.name'), fn() => Route::class]),
        Concurrency::getDefaultInstance(),
    ],

    'interval' => static fn(): array => Concurrency::run(static fn() => sleep(20), CarbonInterval::milliseconds(600)),

    'response' => static function (): array {
        $file = storage_path('after-the-response');
        Route::get('/report', static function () use ($file): string {
            Concurrency::defer([fn() => file_put_contents($file, 'one'), fn() => file_put_contents("$file-2", 'two')]);
            return 'the report';
        });
        $kernel = app(HttpKernel::class);
        $request = Request::create('/report');
        $response = $kernel->handle($request);
        usleep(300_000);
        $before = [is_file($file), is_file("$file-2")];
        $kernel->terminate($request, $response);
        for ($i = 0; $i < 1_000 && !(is_file($file) && is_file("$file-2")); $i++) {
            usleep(10_000);
        }
        return [$response->getContent(), $before, is_file($file), is_file("$file-2")];
    },

    'context' => static function (ParalliteDriver $driver): array {
        Context::add('request', ['id' => 1]);
        Context::addHidden('token', 'secret');
        app()->setLocale('de');
        $see = static fn(): array => [Context::all(), Context::allHidden(), app()->getLocale()];
        $results = $driver->run([
            $see,
            static function (): string {
                Context::add('order', 7);
                Context::addHidden('card', 'number');
                return 'done';
            },
        ]);
        $after = [Context::all(), Context::allHidden()];
        Context::flush();
        app()->setLocale('en');
        return [...$results, $after, ...$driver->run($see)];
    },

    'events' => static function (ParalliteDriver $driver): array {
        $listen = static function (Closure $task): array {
            $seen = [];
            Event::listen(static function (TaskStarting|TaskFinished $event) use (&$seen): void {
                $seen[] = class_basename($event) . ' ' . preg_replace('/:\d+$/', '', (string) $event->name);
                $seen[] = isset($event->exception) ? $event->exception->getMessage() : null;
            });
            try {
                $task();
            } catch (DomainException) {
            }
            return $seen;
        };
        Parallite::fake()->returns('scripted', 'users');
        $run = static fn(): array => Concurrency::driver('parallite')->run([
            'users' => static fn(): string => 'is not run',
            'orders' => static fn(): string => 'is run',
        ]);
        $fails = static fn(): array => Concurrency::driver('parallite')->run(
            ['bad' => static fn() => throw new DomainException('no')],
        );
        return [$run(), $listen($run), $listen($fails)];
    },

    'leaks' => static function (ParalliteDriver $driver) use ($inTurn, $pollutes, $finds): array {
        $isolating = new ParalliteDriver(app(ClientInterface::class), isolate: true);
        return [
            $inTurn($driver, $pollutes, $finds),
            $inTurn($isolating, $pollutes, $finds),
        ];
    },

    'forks' => static function (): array {
        $task = static function (DatabaseManager $databases, Application $app): array {
            $databases->connection('main')->beginTransaction();
            /** @var PdoDouble $pdo */
            $pdo = $databases->connection('main')->getPdo();
            $redis = $app->bound('redis') ? $app->make('redis')->connection()->pid : getmypid();
            return [getmypid(), [$pdo->pid, $redis], $_SERVER['argv'][0] ?? null];
        };
        $driver = new ParalliteDriver(app(ClientInterface::class));
        return [...$driver->run([$task, $task]), ...$driver->run([$task])];
    },

    'signature' => static function (): mixed {
        $payload = str_replace('"forged"', '"FORGED"', serialize(
            new SerializableClosure(static fn(): string => "forged"),
        ));
        return app(ClientInterface::class)->run(WorkerApplication::class . '::runTask', [$payload]);
    },
];
