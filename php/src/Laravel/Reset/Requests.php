<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel\Reset;

use Closure;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Http\Request;
use Illuminate\Pagination\AbstractCursorPaginator;
use Illuminate\Pagination\AbstractPaginator;

/**
 * What the framework knows of a request, which a task may set as well.
 *
 * @internal
 */
final class Requests
{
    private const OF_URLS = ['forcedRoot', 'forceScheme', 'assetRoot', 'formatHostUsing', 'formatPathUsing'];

    private const PAGINATORS = [AbstractPaginator::class, AbstractCursorPaginator::class];

    private readonly ?Request $request;

    /** @var array<string, mixed>|null of the URL generator; null: nobody has made it */
    private ?array $urls = null;

    /** @var array<string, mixed> parameters that routes have by default */
    private array $parameters = [];

    /** @var array<class-string, array<string, mixed>> static properties */
    private readonly array $paginators;

    public function __construct(private readonly Application $app)
    {
        $this->request = $app->bound('request') ? clone $app->make('request') : null;
        $paginators = [];
        foreach (self::PAGINATORS as $class) {
            $paginators += class_exists($class) ? [$class => Inside::statics($class)] : [];
        }
        $this->paginators = $paginators;
        $app->resolved('url') ? $this->noteUrls() : $app->afterResolving('url', $this->noteUrls(...));
    }

    /** @return array<string, Closure(): void> by what is put back */
    public function steps(): array
    {
        return [
            'session' => $this->session(...),
            'guards and their users' => $this->guards(...),
            'queued cookies' => fn() => $this->app->resolved('cookie') && $this->app->make('cookie')->flushQueuedCookies(),
            'request' => fn() => $this->request !== null && $this->app->instance('request', clone $this->request),
            'root, scheme and default parameters of URLs' => $this->urls(...),
            'page of paginators' => $this->paginators(...),
        ];
    }

    private function session(): void
    {
        foreach ($this->app->resolved('session') ? $this->app->make('session')->getDrivers() : [] as $store) {
            $store->flush();
            $store->regenerate();
        }
    }

    private function guards(): void
    {
        $this->app->forgetInstance('auth.driver');
        if ($this->app->resolved('auth')) {
            $this->app->make('auth')->forgetGuards();
        }
    }

    private function noteUrls(): void
    {
        if ($this->urls === null) {
            $urls = $this->app->make('url');
            $this->urls = Inside::all($urls, self::OF_URLS);
            $this->parameters = $urls->getDefaultParameters();
        }
    }

    private function urls(): void
    {
        if ($this->urls === null) {
            return;
        }
        $urls = $this->app->make('url');
        Inside::set($urls, $this->urls + ['cachedRoot' => null, 'cachedScheme' => null]);
        if ($urls->getDefaultParameters() !== $this->parameters) {
            Inside::get($urls, 'routeGenerator')->defaultParameters = $this->parameters;
        }
    }

    private function paginators(): void
    {
        foreach ($this->paginators as $class => $values) {
            Inside::setStatics($class, $values);
        }
    }
}
