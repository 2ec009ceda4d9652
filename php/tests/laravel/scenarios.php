<?php

/**
 * What LaravelTest has this application do; each scenario gets the driver.
 */

declare(strict_types=1);

use App\Counter;
use App\Order;
use App\PdoDouble;
use App\PeopleDouble;
use App\Reports;
use B7s\Parallite\ClientInterface;
use B7s\Parallite\Exception\ClosureNotSerializable;
use B7s\Parallite\Laravel\Events\TaskFinished;
use B7s\Parallite\Laravel\Events\TaskStarting;
use B7s\Parallite\Laravel\Parallite;
use B7s\Parallite\Laravel\ParalliteDriver;
use B7s\Parallite\Laravel\WorkerApplication;
use B7s\Parallite\TaskFailure;
use Carbon\Carbon;
use Carbon\CarbonInterval;
use GuzzleHttp\Psr7\Response as Psr7Response;
use Illuminate\Auth\GenericUser;
use Illuminate\Contracts\Auth\Access\Gate;
use Illuminate\Contracts\Auth\Factory as Auth;
use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Contracts\Http\Kernel as HttpKernel;
use Illuminate\Database\DatabaseManager;
use Illuminate\Database\Events\QueryExecuted;
use Illuminate\Database\QueryException;
use Illuminate\Filesystem\FilesystemManager;
use Illuminate\Http\Client\RequestException;
use Illuminate\Http\Client\Response;
use Illuminate\Http\Exceptions\HttpResponseException;
use Illuminate\Http\Request;
use Illuminate\Pagination\Paginator;
use Illuminate\Support\Collection;
use Illuminate\Support\Facades\Concurrency;
use Illuminate\Support\Facades\Context;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Event;
use Illuminate\Support\Facades\Route;
use Illuminate\Validation\ValidationException;
use Laravel\SerializableClosure\SerializableClosure;
use Livewire\Component;

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

    'a closure in the Context' => static function (ParalliteDriver $driver): array {
        $tasks = [
            static function (): void {
                Context::addHidden('later', static fn() => 1);
            },
            static fn(): int => 1,
        ];
        $seen = [];
        foreach ($tasks as $i => $task) {
            if ($i === 1) {
                Context::add('now', static fn() => 1);
            }
            try {
                $driver->run($task);
            } catch (InvalidArgumentException $e) {
                $seen[] = $e->getMessage();
            }
        }
        return $seen;
    },
    // each in one line, on purpose
    'nested in one line' => static fn(ParalliteDriver $driver): array => [
        $driver->run(static fn(): array => Concurrency::driver('parallite')->run(static fn(): int => 3)),
        $driver->run(static function () { return Concurrency::driver('parallite')->run(static fn(): int => 4); }),
    ],
    'a value required' => static function (ParalliteDriver $driver): array {
        foreach ([strlen(...), static fn(int $n): int => $n, static fn($any) => $any] as $task) {
            try {
                $seen[] = $driver->run($task);
            } catch (InvalidArgumentException $e) {
                $seen[] = $e->getMessage();
            }
        }
        return [...$seen, ...$driver->run(static fn(int $n = 5, ?Illuminate\Contracts\Foundation\Application $app = null): int => $n)];
    },
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

    'redirect' => static function (ParalliteDriver $driver): array {
        Route::get('/checkout', static fn(): array => $driver->run(
            static fn() => throw new HttpResponseException(redirect('/login', 303)->withHeaders(['X-Reason' => 'guest'])),
        ));
        $response = app(HttpKernel::class)->handle(Request::create('/checkout'));
        return [$response->getStatusCode(), $response->headers->get('Location'), $response->headers->get('X-Reason')];
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
                'config' => [config('app.name'), config()->has('added')],
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

    'context of objects' => static function (ParalliteDriver $driver): array {
        $hydrated = 0;
        Context::hydrated(static function () use (&$hydrated): void {
            $hydrated++;
        });
        Context::add('cart', $cart = new stdClass());
        $driver->run(static function (): void {
            Context::add('order', 7);
        });
        return [Context::get('cart') === $cart, Context::get('order'), $hydrated];
    },

    'named by heirs' => static function (ParalliteDriver $driver): array {
        touch(config('database.connections.shop.database'));
        app('db')->connection('shop')->statement('create table if not exists orders (id integer primary key, text varchar)');
        $results = $driver->run([Order::count(...), DB::getDefaultConnection(...), (new ArrayObject([1, 2]))->count(...), DateTime::getLastErrors(...)]);
        return [is_int($results[0]), ...array_slice($results, 1)];
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

    'reported' => static function (ParalliteDriver $driver): array {
        $caught = static function (Closure $run): Throwable {
            try {
                $run();
            } catch (Throwable $e) {
                return $e;
            }
            throw new LogicException('the task did not fail');
        };
        $line = __LINE__;
        $own = $caught(static fn() => $driver->run([
            'users' => static function (): never {
                echo 'counted 3';
                throw new DomainException('bad');
            },
        ]));
        $byFacade = $caught(static fn() => Concurrency::driver('parallite')->run(['a' => static fn() => exit(3)]));
        foreach ([$own, $byFacade] as $e) {
            app(ExceptionHandler::class)->report($e);
        }
        $relative = static fn(array $context): array => array_replace(
            $context,
            isset($context['remote_line']) ? ['remote_line' => $context['remote_line'] - $line] : [],
            ['submitted_at' => preg_replace_callback('/^.*\/(.*):(\d+)$/', static fn(array $m): string => $m[1] . ' ' . $m[2] - $line, $context['submitted_at'])],
        );
        return [
            [$own::class, $own->getFile() === __FILE__, $own->getLine() - $line, $relative(TaskFailure::contextOf($own))],
            [$byFacade::class, $relative($byFacade->context())],
            (string) file_get_contents(storage_path('logs/laravel.log')),
        ];
    },

    'debug page' => static function (): array {
        Route::get('/fails', static fn() => Concurrency::driver('parallite')->run([
            static fn() => throw new DomainException('bad page'),
        ]));
        $pages = [__LINE__ - 2];
        foreach (['text/html', 'application/json'] as $type) {
            $request = Request::create('/fails', server: ['HTTP_ACCEPT' => $type]);
            $response = app(HttpKernel::class)->handle($request);
            $pages[] = [$response->getStatusCode(), $response->getContent()];
        }
        return $pages;
    },

    'dump' => static function (ParalliteDriver $driver): array {
        $results = $driver->run([
            'a' => static function (): string {
                dump(['first' => 1]);
                dump(label: 'of two');
                collect(['in', 'a', 'collection'])->dump();
                return 'done';
            },
            'nested' => static fn(): array => Concurrency::driver('parallite')->run([
                'inner' => static fn() => dump('innermost'),
            ]),
        ]);
        $raw = app(ClientInterface::class)->submit(static fn() => dump('without the driver') && false);
        $raw->await();
        return [...$results, 'raw' => $raw->output()];
    },

    'dd' => static fn(ParalliteDriver $driver): array => $driver->run([
        'a' => static function (): void {
            dd('the last', 'words');
        },
    ]),

    'dump unattended' => static function (ParalliteDriver $driver): string {
        $driver->defer(static fn() => dump('nobody looks'))();
        $log = static fn(): string => (string) file_get_contents(storage_path('logs/laravel.log'));
        for ($i = 0; $i < 1_000 && !str_contains($log(), 'nobody looks'); $i++) {
            usleep(10_000);
        }
        return $log();
    },

    'left for later' => static function (ParalliteDriver $driver) use ($inTurn): array {
        $look = static fn(): array => [getmypid(), @file(storage_path('left'), FILE_IGNORE_NEW_LINES), $GLOBALS['terminated']];
        return $inTurn(
            $driver,
            static function (Application $app): array {
                $write = static fn(string $line) => file_put_contents(storage_path('left'), "$line\n", FILE_APPEND);
                $app->terminating(static fn() => $write('terminating'));
                $app->terminating(static fn() => throw new DomainException('nobody catches this'));
                dispatch(static fn() => $write('dispatched'))->afterResponse();
                defer(static fn() => $write('deferred'));
                return [getmypid(), file_exists(storage_path('left')), $GLOBALS['terminated'] ?? 0];
            },
            $look,
            $look,
        );
    },

    'left by tasks of the client' => static function (): array {
        $client = app(ClientInterface::class);
        $client->run(static function (): void {
            defer(static fn() => file_put_contents(storage_path('left-by-client'), 'x', FILE_APPEND));
        });
        $look = static fn(): string => (string) file_get_contents(storage_path('left-by-client'));
        return [$client->run($look), $client->run($look)];
    },

    'user' => static function () use ($inTurn): array {
        $carrying = new ParalliteDriver(app(ClientInterface::class), isolate: false, carry: ['user']);
        $asks = static fn(Auth $auth): array => [
            $auth->getDefaultDriver(),
            $auth->guard()->id(),
            PeopleDouble::$lookups,
            $auth->guard()->user()?->name,
            $auth->guard()->user()?->name,
            PeopleDouble::$lookups,
            $auth->guard()->validate(['password' => 'right']),
            method_exists($auth->guard(), 'word') ? 'itself' : $auth->guard()->word(),
        ];
        $guest = $carrying->run($asks)[0];
        app('auth')->shouldUse('people');
        app('auth')->guard()->setUser(new GenericUser(['id' => 7]));
        [$user] = $inTurn($carrying, $asks);
        $result = [$guest, $user, ...$inTurn(new ParalliteDriver(app(ClientInterface::class), isolate: false), $asks)];
        try {
            (new ParalliteDriver(app(ClientInterface::class), carry: ['session']))->run($asks);
        } catch (InvalidArgumentException $e) {
            return [...$result, $e->getMessage()];
        }
    },

    'named' => static function (ParalliteDriver $driver): array {
        $reports = new Reports(rate: 7);
        return $driver->run([
            Reports::total(...),
            $reports->run(...),
            $reports->hidden(),
            $reports->unused(),
            'php' => getmypid(...),
        ]);
    },

    'services' => static function (ParalliteDriver $driver): array {
        class_exists(Component::class) || eval('namespace Livewire; abstract class Component {}');
        $reports = app(Reports::class);
        $request = Request::create('/');
        $app = app();
        $data = ['deep' => [(object) ['log' => app('log')]]];
        $query = app('db')->connection('shop')->table('orders');
        $config = app('config');
        $messages = [];
        foreach ([
            'service' => fn() => $reports->run($config),
            'method' => $reports->run(...),
            'object' => $reports->inMethod(),
            'request' => fn() => $request->path(),
            'application' => fn() => $app->version(),
            'deep' => fn() => count($data),
            'component' => (new Counter())->task(),
            'query' => fn() => $query->count(),
        ] as $name => $task) {
            try {
                $driver->run($task);
                $messages[$name] = 'travels';
            } catch (ClosureNotSerializable $e) {
                $messages[$name] = $e->getMessage();
            }
        }
        return $messages;
    },

    'connections of forks' => static function (): array {
        $database = app('db')->connection('shop');
        $task = static fn(DatabaseManager $databases): array
            => [getmypid(), $databases->connection('shop')->scalar('select connection_id()')];
        $driver = new ParalliteDriver(app(ClientInterface::class), isolate: true);
        $results = [...$driver->run([$task, $task]), ...$driver->run($task)];
        $count = 'select count(*) from information_schema.processlist where db = "shop"';
        for ($i = 0; $i < 1_000 && $database->scalar($count) > 1; $i++) {
            usleep(10_000); // those of workers that have just ended
        }
        return [$database->scalar('select connection_id()'), $results, $database->scalar($count)];
    },

    'destructor' => static function (): string {
        $file = storage_path('logs/written.log');
        $driver = new ParalliteDriver(app(ClientInterface::class), isolate: true);
        $driver->run(static function () use ($file): void {
            app()->scoped('batch', static fn(): object => new class ($file) {
                public function __construct(private readonly string $file)
                {
                }

                public function __destruct()
                {
                    file_put_contents($this->file, 'written');
                }
            });
            app('batch');
        });
        return (string) @file_get_contents($file);
    },

    'listener' => static fn(ParalliteDriver $driver): array => $driver->run(static function (): array {
        $heard = [];
        DB::listen(static function (QueryExecuted $query) use (&$heard): void {
            $heard[] = [$query->sql, $query->connectionName];
        });
        DB::connection('shop')->select('select 1');
        return $heard;
    })[0],

    'open transaction' => static function (ParalliteDriver $driver) use ($inTurn): array {
        $database = app('db')->connection('shop');
        $database->statement('create table if not exists stock (id int primary key, amount int) engine=innodb');
        $database->statement('set innodb_lock_wait_timeout = 1');
        $results = $inTurn(
            $driver,
            static function (DatabaseManager $databases): array {
                $shop = $databases->connection('shop');
                $shop->beginTransaction();
                $shop->insert('insert into stock values (1, 10)');
                return [getmypid(), $shop->scalar('select connection_id()'), $shop->scalar('select count(*) from stock')];
            },
            static function (DatabaseManager $databases): array {
                $shop = $databases->connection('shop');
                $count = $shop->scalar('select count(*) from stock');
                return [getmypid(), $shop->scalar('select connection_id()'), $count, $shop->transactionLevel()];
            },
        );
        $database->insert('insert into stock values (1, 20)'); // no lock is left
        return [...$results, $database->scalar('select amount from stock')];
    },

    'lost connection' => static function (ParalliteDriver $driver) use ($inTurn): array {
        $id = static fn(DatabaseManager $databases): array
            => [getmypid(), $databases->connection('shop')->scalar('select connection_id()')];
        $kill = static fn(int $id) => app('db')->connection('shop')->statement("kill $id");
        $results = $inTurn($driver, $id);
        $kill($results[0][1]);
        $results = [...$results, ...$inTurn($driver, $id)];
        try {
            $inTurn($driver, static function (DatabaseManager $databases): void {
                $shop = $databases->connection('shop');
                $shop->beginTransaction();
                $killer = new PDO('mysql:unix_socket=' . config('database.connections.shop.unix_socket'), 'root');
                $killer->exec('kill ' . $shop->scalar('select connection_id()'));
                $shop->select('select 1');
            });
        } catch (QueryException $e) {
            $lost = $e->getMessage();
        }
        return [...$results, $lost ?? null, ...$inTurn($driver, $id)];
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
