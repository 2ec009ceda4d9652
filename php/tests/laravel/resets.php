<?php

/**
 * For each step of StateReset: changes what it puts back, and tells as JSON whether that is found before and after it.
 */

declare(strict_types=1);

use App\PdoDouble;
use B7s\Parallite\Laravel\Reset\Inside;
use B7s\Parallite\Laravel\StateReset;
use Carbon\Carbon;
use Carbon\CarbonImmutable;
use Illuminate\Auth\GenericUser;
use Illuminate\Broadcasting\BroadcastManager;
use Illuminate\Contracts\Console\Kernel;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Foundation\Vite;
use Illuminate\Notifications\ChannelManager;
use Illuminate\Pagination\CursorPaginator;
use Illuminate\Pagination\Paginator;
use Illuminate\Support\Facades\App;
use Illuminate\Support\Facades\Facade;
use Illuminate\Support\Once;
use Illuminate\Support\Str;
use Monolog\Handler\TestHandler;
use Symfony\Component\VarDumper\VarDumper;

/** What the packages keep, by the name of their method. */
trait Forgets
{
    public bool $hasLeft = false;

    /** @param array<mixed> $arguments */
    public function __call(string $method, array $arguments): void
    {
        throw new BadMethodCallException($method);
    }
}

foreach ([
    'Livewire\LivewireManager' => 'flushState',
    'Inertia\ResponseFactory' => 'flushShared',
    'Laravel\Scout\EngineManager' => 'forgetEngines',
    'Laravel\Socialite\SocialiteManager' => 'forgetDrivers',
] as $class => $method) {
    $name = substr(strrchr($class, '\\'), 1);
    $namespace = substr($class, 0, -strlen("\\$name"));
    eval("namespace $namespace; final class $name { use \\Forgets; public function $method(): void { \$this->hasLeft = false; } }");
}

/** @var Illuminate\Foundation\Application $app */
$app = require __DIR__ . '/bootstrap/app.php';
$app->make(Kernel::class)->bootstrap();
$config = $app->make('config');
$config->set([
    'parallite.worker' => ['disconnect' => true, 'flush' => ['flushed']],
    'logging.channels.test' => ['driver' => 'monolog', 'handler' => TestHandler::class],
    'session.driver' => 'array',
    'mail' => ['default' => 'array', 'mailers' => ['array' => ['transport' => 'array'], 'log' => ['transport' => 'log']]],
    'broadcasting' => ['default' => 'log', 'connections' => ['log' => ['driver' => 'log']]],
    'queue.connections.left' => ['driver' => 'sync'],
    'filesystems.disks.left' => ['driver' => 'local', 'root' => storage_path()],
    'cache.stores.left' => ['driver' => 'array'],
]);
$forgetful = [
    'Livewire: components and assets' => 'Livewire\LivewireManager',
    'Inertia: shared properties' => 'Inertia\ResponseFactory',
    'Scout: engines' => 'Laravel\Scout\EngineManager',
    'Socialite: drivers, which hold a request' => 'Laravel\Socialite\Contracts\Factory',
];
foreach ($forgetful as $binding) {
    $class = str_replace('Contracts\Factory', 'SocialiteManager', $binding);
    $app->singleton($binding, static fn(): object => new $class());
}
$app->make('view')->share('from', 'the boot');
$app->make('url')->forceScheme('https');
$steps = (new StateReset($app))->steps();

$database = static fn(): object => $app->make('db')->connection('main');
$log = static fn(): object => $app->make('log')->channel('test');
$built = static fn(): array => array_keys(array_filter([
    'connection' => isset($app->make('db')->getConnections()['other']),
    'dynamic connection' => isset($app->make('db')->getConnections()['unknown']),
    'disk' => isset(Inside::get($app->make('filesystem'), 'disks')['left']),
    'disk of no configuration' => isset(Inside::get($app->make('filesystem'), 'disks')['set']),
    'store' => isset(Inside::get($app->make('cache'), 'stores')['left']),
    'queue' => isset(Inside::get($app->make('queue'), 'connections')['left']),
    'channel' => isset($app->make('log')->getChannels()['test']),
    'broadcaster' => isset(Inside::get($app->make(BroadcastManager::class), 'drivers')['log']),
    'key' => isset(Inside::get($app, 'instances')['encrypter']),
]));

/** @var array<string, array{Closure(): mixed, Closure(): mixed}> $changes what a task does, and whether it is found, by step */
$changes = [
    'open transactions' => [
        static fn() => $database()->beginTransaction(),
        static fn(): bool => $database()->transactionLevel() > 0,
    ],
    'query log' => [
        static function () use ($database): void {
            $database()->enableQueryLog();
            $database()->logQuery('select 1', [], 1.0);
        },
        static fn(): bool => $database()->getQueryLog() !== [] || $database()->logging(),
    ],
    'query durations' => [
        static fn() => $database()->logQuery('select 1', [], 1_000.0),
        static fn(): bool => $database()->totalQueryDuration() > 0.0,
    ],
    'record of modifications' => [
        static fn() => $database()->recordsHaveBeenModified(),
        static fn(): bool => $database()->hasModifiedRecords(),
    ],
    'default connection' => [
        static fn() => $app->make('db')->setDefaultConnection('other'),
        static fn(): bool => $app->make('db')->getDefaultConnection() === 'other',
    ],
    'mass assignment' => [
        static fn() => Model::unguard(),
        static fn(): bool => Model::isUnguarded(),
    ],
    'connections, if `worker.disconnect` says so' => [
        static fn() => $database()->setPdo(new PdoDouble()),
        static fn(): bool => $database()->getRawPdo() !== null,
    ],
    'session' => [
        static fn() => $app->make('session')->put('key', 'left'),
        static fn(): bool => $app->make('session')->has('key'),
    ],
    'guards and their users' => [
        static fn() => $app->make('auth')->guard()->setUser(new GenericUser(['id' => 1])),
        static fn(): bool => $app->make('auth')->guard()->check(),
    ],
    'queued cookies' => [
        static fn() => $app->make('cookie')->queue('name', 'left'),
        static fn(): bool => $app->make('cookie')->hasQueued('name'),
    ],
    'request' => [
        static fn() => $app->make('request')->merge(['name' => 'left']),
        static fn(): bool => $app->make('request')->has('name'),
    ],
    'root, scheme and default parameters of URLs' => [
        static function () use ($app): void {
            $app->make('url')->forceRootUrl('https://left.example');
            $app->make('url')->forceScheme('http');
            $app->make('url')->defaults(['locale' => 'left']);
        },
        static fn(): bool => str_contains($app->make('url')->to('/'), 'left') || $app->make('url')->getDefaultParameters() !== []
            || !str_starts_with($app->make('url')->to('/'), 'https'),
    ],
    'page of paginators' => [
        static function (): void {
            Paginator::currentPageResolver(static fn(): int => 77);
            Paginator::defaultView('left');
            CursorPaginator::currentCursorResolver(static fn(): string => 'left');
        },
        static fn(): bool => Paginator::resolveCurrentPage() === 77 || Paginator::$defaultView === 'left'
            || CursorPaginator::resolveCurrentCursor() === 'left',
    ],
    'locale' => [
        static function () use ($app): void {
            $app->setLocale('de');
            $app->make('translator')->setFallback('fr');
            Carbon::setLocale('it');
        },
        static fn(): bool => [$app->getLocale(), $app->make('translator')->getFallback(), Carbon::getLocale()] !== ['en', 'en', 'en'],
    ],
    'cache of the translator' => [
        static fn() => $app->make('translator')->parseKey('left.key'),
        static fn(): bool => Inside::get($app->make('translator'), 'parsed') !== [],
    ],
    'clock' => [
        static fn() => CarbonImmutable::setTestNow('2001-01-01'),
        static fn(): bool => Carbon::hasTestNow() || CarbonImmutable::hasTestNow(),
    ],
    'caches and factories of `Str`' => [
        static function (): void {
            Str::snake('LeftByATask');
            Str::createRandomStringsUsing(static fn(): string => 'left');
        },
        static fn(): bool => Inside::statics(Str::class)['snakeCache'] !== [] || Str::random() === 'left',
    ],
    'state and shared data of views' => [
        static function () use ($app): void {
            $app->make('view')->share('left', true);
            $app->make('view')->startSection('left', 'content');
        },
        static fn(): bool => array_key_exists('left', $app->make('view')->getShared()) || $app->make('view')->hasSection('left')
            || $app->make('view')->shared('from') !== 'the boot',
    ],
    'assets of Vite' => [
        static fn() => Inside::set($app->make(Vite::class), ['preloadedAssets' => ['left']]),
        static fn(): bool => $app->make(Vite::class)->preloadedAssets() !== [],
    ],
    'shared context of logs' => [
        static function () use ($app, $log): void {
            $app->make('log')->shareContext(['name' => 'left']);
            $log()->withContext(['other' => 'left']);
        },
        static fn(): bool => $app->make('log')->sharedContext() !== [] || Inside::get($log(), 'context') !== [],
    ],
    'state of Monolog' => [
        static fn() => $log()->info('left'),
        static fn(): bool => $log()->getLogger()->getHandlers()[0]->getRecords() !== [],
    ],
    'caches of arrays' => [
        static fn() => $app->make('cache')->store('left')->put('key', 'left'),
        static fn(): bool => $app->make('cache')->store('left')->get('key') !== null,
    ],
    'mailers' => [
        static fn() => $app->make('mail.manager')->mailer('array'),
        static fn(): bool => Inside::get($app->make('mail.manager'), 'mailers') !== [],
    ],
    'notification channels, their default and locale' => [
        static function () use ($app): void {
            $app->make(ChannelManager::class)->deliverVia('left');
            $app->make(ChannelManager::class)->locale('de');
            $app->make(ChannelManager::class)->extend('left', static fn(): object => new stdClass())->channel('left');
        },
        static fn(): bool => $app->make(ChannelManager::class)->deliversVia() === 'left'
            || Inside::get($app->make(ChannelManager::class), 'locale') !== null
            || $app->make(ChannelManager::class)->getDrivers() !== [],
    ],
    'connections, disks, stores, queues, channels and keys of changed configuration' => [
        static function () use ($app, $config): void {
            $config->set([
                'database.connections.other.prefix' => 'left_',
                'filesystems.disks.left.root' => '/left',
                'cache.stores.left.serialize' => true,
                'queue.connections.left.after_commit' => true,
                'logging.channels.test.level' => 'error',
                'broadcasting.connections.log.name' => 'left',
                'app.key' => str_repeat('x', 32),
            ]);
            $app->make('db')->purge('other');
            $app->make('db')->connection('other');
            $app->make('db')->connectUsing('unknown', ['driver' => 'sqlite', 'database' => ':memory:']);
            $app->make('filesystem')->disk('left');
            $app->make('filesystem')->set('set', $app->make('filesystem')->build(['driver' => 'local', 'root' => storage_path()]));
            $app->make('cache')->store('left');
            $app->make('queue')->connection('left');
            $app->make('log')->forgetChannel('test');
            $app->make('log')->channel('test');
            $app->make(BroadcastManager::class)->connection('log');
            $app->forgetInstance('encrypter');
            $app->make('encrypter');
        },
        $built,
    ],
    'configuration' => [
        static fn() => $config->set(['app.name' => 'left', 'left' => 1]),
        static fn(): bool => $config->get('app.name') === 'left' || $config->get('left') !== null,
    ],
    '`once()`' => [
        static fn() => once(static fn(): int => 1),
        static fn(): bool => count(Inside::get(Once::instance(), 'values')) > 0,
    ],
    'handler of `dump()`' => [
        static fn() => VarDumper::setHandler(static fn() => $GLOBALS['heard'] = true),
        static function (): bool {
            ob_start();
            $GLOBALS['heard'] = false;
            VarDumper::dump('left');
            ob_end_clean();
            return $GLOBALS['heard'];
        },
    ],
    'singletons that `worker.flush` names' => [
        static fn() => $app->make('flushed')->left = true,
        static fn(): bool => isset($app->make('flushed')->left),
    ],
    'scoped instances' => [
        static fn() => $app->make('scoped')->left = true,
        static fn(): bool => isset($app->make('scoped')->left),
    ],
    'objects behind facades' => [
        static fn() => App::version(),
        static fn(): bool => Inside::statics(Facade::class)['resolvedInstance'] !== [],
    ],
];
foreach ($forgetful as $name => $binding) {
    $changes[$name] = [
        static fn() => $app->make($binding)->hasLeft = true,
        static fn(): bool => $app->make($binding)->hasLeft,
    ];
}

$kept = $database();
$found = [];
foreach ($steps as $name => $step) {
    if (!isset($changes[$name])) {
        $found[$name] = 'nothing is changed';
        continue;
    }
    [$change, $find] = $changes[$name];
    $change();
    $before = $find();
    $step();
    $found[$name] = [$before, $find()];
}
echo json_encode(['found' => $found, 'keeps' => $database() === $kept]);
