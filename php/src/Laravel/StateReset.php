<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\Laravel\Reset\Built;
use B7s\Parallite\Laravel\Reset\Databases;
use B7s\Parallite\Laravel\Reset\Inside;
use B7s\Parallite\Laravel\Reset\Packages;
use B7s\Parallite\Laravel\Reset\Requests;
use B7s\Parallite\Laravel\Reset\Services;
use B7s\Parallite\Laravel\Reset\Texts;
use Closure;
use Illuminate\Config\Repository;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Support\Facades\Facade;
use Illuminate\Support\Once;

/**
 * The state of a booted application, to be restored after each task: all that Octane resets between requests, and what was
 * built of changed configuration. It touches only what has been resolved, so that a task pays for what it used. Other
 * singletons stay, as in `queue:work`, apart from those that `parallite.worker.flush` names.
 */
final class StateReset
{
    /** What writes what is buffered, or lets go of objects whose destructors may: needed after the last task, too. */
    private const RELEASING = [
        'state of Monolog', 'singletons that `worker.flush` names', 'scoped instances', 'objects behind facades',
    ];

    /** @var array<string, mixed> */
    private readonly array $config;

    /** @var array<string, Closure(): mixed> {@see steps()} */
    private readonly array $steps;

    public function __construct(private readonly Application $app)
    {
        $this->config = $app->make('config')->all();
        $built = new Built($app, $this->config);
        $this->steps = (new Databases($app))->steps()
            + (new Requests($app))->steps()
            + (new Texts($app))->steps()
            + (new Services($app))->steps()
            + (new Packages($app))->steps()
            + [
                'connections, disks, stores, queues, channels and keys of changed configuration' => $built->remove(...),
                'configuration' => $this->configuration(...),
                '`once()`' => static fn() => class_exists(Once::class, false) && Once::flush(),
                'handler of `dump()`' => fn() => TaskDumps::hear($this->app),
                'singletons that `worker.flush` names' => $this->singletons(...),
                'scoped instances' => $this->app->forgetScopedInstances(...),
                'objects behind facades' => Facade::clearResolvedInstances(...),
            ];
    }

    /** Has what is buffered written: a worker that ends runs no destructors. */
    public function release(): void
    {
        foreach (self::RELEASING as $name) {
            ($this->steps[$name])();
        }
    }

    public function restore(): void
    {
        foreach ($this->steps as $step) {
            $step();
        }
    }

    /** @return array<string, Closure(): mixed> by what each puts back, in their order; the documentation has the same list */
    public function steps(): array
    {
        return $this->steps;
    }

    private function configuration(): void
    {
        $config = $this->app->make('config');
        $now = $config->all();
        if ($now !== $this->config) {
            $config->set($this->config);
            if ($config instanceof Repository && array_diff_key($now, $this->config) !== []) {
                Inside::set($config, ['items' => $this->config]); // set() cannot take a key away
            }
        }
    }

    private function singletons(): void
    {
        foreach ($this->config['parallite']['worker']['flush'] ?? [] as $binding) {
            $this->app->forgetInstance($binding);
        }
    }
}
