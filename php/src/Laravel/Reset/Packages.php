<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel\Reset;

use Closure;
use Illuminate\Contracts\Foundation\Application;

/**
 * Packages around the framework that keep something of a request, where they are installed and used.
 *
 * @internal
 */
final class Packages
{
    /** @var array<string, array{string, string}> binding and method, by what the method makes them forget */
    private const METHODS = [
        'Livewire: components and assets' => ['Livewire\LivewireManager', 'flushState'],
        'Inertia: shared properties' => ['Inertia\ResponseFactory', 'flushShared'],
        'Scout: engines' => ['Laravel\Scout\EngineManager', 'forgetEngines'],
        'Socialite: drivers, which hold a request' => ['Laravel\Socialite\Contracts\Factory', 'forgetDrivers'],
    ];

    public function __construct(private readonly Application $app)
    {
    }

    /** @return array<string, Closure(): void> by what is put back */
    public function steps(): array
    {
        return array_map(fn(array $method): Closure => function () use ($method): void {
            [$binding, $name] = $method;
            if ($this->app->resolved($binding)) {
                Inside::call($this->app->make($binding), $name);
            }
        }, self::METHODS);
    }
}
