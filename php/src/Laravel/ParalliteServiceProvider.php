<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\Client;
use B7s\Parallite\ClientInterface;
use B7s\Parallite\Connector;
use B7s\Parallite\Laravel\Console\ReloadCommand;
use B7s\Parallite\Laravel\Console\StartCommand;
use B7s\Parallite\Laravel\Console\StatusCommand;
use B7s\Parallite\Laravel\Console\StopCommand;
use B7s\Parallite\TaskFailure;
use Illuminate\Concurrency\ConcurrencyManager;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Foundation\Console\AboutCommand;
use Illuminate\Support\ServiceProvider;

/**
 * Adds the driver "parallite" to the Concurrency facade, the client to the container, and the commands to
 * Artisan. Composer tells Laravel of it.
 */
final class ParalliteServiceProvider extends ServiceProvider
{
    private const CONFIG = __DIR__ . '/../../config/parallite.php';

    public function register(): void
    {
        Connector::$advice = 'start it with `php artisan parallite:start`';
        $this->mergeConfigFrom(self::CONFIG, 'parallite');
        $this->app->singleton(ApplicationDaemon::class, static fn(Application $app): ApplicationDaemon
            => new ApplicationDaemon($app, $app->make('config')->get('parallite')));
        $this->app->singleton(ClientInterface::class, static fn(Application $app): Client
            => $app->make(ApplicationDaemon::class)->client());
        $this->app->alias(ClientInterface::class, Client::class);
    }

    public function boot(): void
    {
        // the manager comes from a deferred provider: it may be made later, or have been made already
        $this->callAfterResolving(ConcurrencyManager::class, function (ConcurrencyManager $manager): void {
            // no static closure: the manager binds it to itself
            $manager->extend('parallite', function (Application $app): ParalliteDriver {
                $config = $app->make('config');
                $carry = $config->get('parallite.carry') ?? [];
                return new ParalliteDriver(
                    $app->make(ClientInterface::class),
                    $config->get('parallite.timeout'),
                    $config->get('parallite.isolate'),
                    $config->get('parallite.pool'),
                    $carry,
                );
            });
        });
        $this->callAfterResolving(ExceptionHandler::class, static function (ExceptionHandler $handler): void {
            if (method_exists($handler, 'buildContextUsing')) {
                $handler->buildContextUsing(TaskFailure::contextOf(...));
            }
        });
        if ($this->app->runningInConsole()) {
            $this->publishes([self::CONFIG => $this->app->configPath('parallite.php')], 'parallite-config');
            $this->commands([StartCommand::class, StatusCommand::class, ReloadCommand::class, StopCommand::class]);
            if (class_exists(AboutCommand::class)) {
                AboutCommand::add('Parallite', fn(): array => $this->app->make(About::class)());
            }
        }
    }
}
