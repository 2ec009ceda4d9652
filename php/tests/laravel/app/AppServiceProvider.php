<?php

declare(strict_types=1);

namespace App;

use Illuminate\Concurrency\ConcurrencyManager;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Database\Connection;
use Illuminate\Support\Defer\DeferredCallbackCollection;
use Illuminate\Support\ServiceProvider;
use stdClass;

/** What the tests look at: bindings of each kind, a guard, a database without a database. */
final class AppServiceProvider extends ServiceProvider
{
    public function register(): void
    {
        $this->app->scoped('scoped', static fn(): stdClass => new stdClass());
        $this->app->singleton('kept', static fn(): stdClass => new stdClass());
        $this->app->singleton('flushed', static fn(): stdClass => new stdClass());
        if (!$this->app->bound(ConcurrencyManager::class)) {
            $this->app->scoped(DeferredCallbackCollection::class);
            $this->app->singleton(
                ConcurrencyManager::class,
                static fn(Application $app): ConcurrencyManager => new ConcurrencyManager($app),
            );
        }
    }

    public function boot(): void
    {
        $this->app->make('auth')->extend('double', static fn(): GuardDouble => new GuardDouble());
        $this->app->make('auth')->provider('double', static fn(): PeopleDouble => new PeopleDouble());
        $this->app->terminating(static fn() => $GLOBALS['terminated'] = ($GLOBALS['terminated'] ?? 0) + 1);
        $this->app->make('db')->extend('double', static fn(array $config, string $name): Connection
            => new Connection(new PdoDouble(), $name, '', $config));
        // as an application does that looks something up, and takes note of it
        $this->app->make('db')->connection('main');
        if (env('DB_SOCKET') !== null) {
            $this->app->make('db')->connection('shop')->getPdo();
        }
        if ($this->app->bound('redis')) {
            $this->app->make('redis')->extend('double', static fn(): RedisDouble => new RedisDouble());
            $this->app->make('redis')->connection();
        }
        $this->app->make('log')->info('booted');
    }
}
