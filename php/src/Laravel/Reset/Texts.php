<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel\Reset;

use Carbon\Carbon;
use Carbon\CarbonImmutable;
use Closure;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Foundation\Vite;
use Illuminate\Support\Str;

/**
 * Language, time, strings and views.
 *
 * @internal
 */
final class Texts
{
    private readonly string $locale;

    private readonly string $fallback;

    private readonly ?string $localeOfDates;

    /** @var array<string, mixed>|null what all views get; null: nobody has made the factory */
    private ?array $shared = null;

    public function __construct(private readonly Application $app)
    {
        $this->locale = $app->getLocale();
        $this->fallback = $app->make('config')->get('app.fallback_locale') ?? $this->locale;
        $this->localeOfDates = class_exists(Carbon::class) ? Carbon::getLocale() : null;
        $app->resolved('view') ? $this->noteShared() : $app->afterResolving('view', $this->noteShared(...));
    }

    /** @return array<string, Closure(): void> by what is put back */
    public function steps(): array
    {
        return [
            'locale' => $this->locale(...),
            'cache of the translator' => fn() => $this->app->resolved('translator')
                && Inside::call($this->app->make('translator'), 'flushParsedKeys'),
            'clock' => self::clock(...),
            'caches and factories of `Str`' => self::strings(...),
            'state and shared data of views' => $this->views(...),
            'assets of Vite' => fn() => class_exists(Vite::class, false) && $this->app->resolved(Vite::class)
                && Inside::call($this->app->make(Vite::class), 'flush'),
        ];
    }

    private function locale(): void
    {
        if ($this->app->getLocale() !== $this->locale) {
            $this->app->setLocale($this->locale);
        }
        if ($this->app->resolved('translator')) {
            $translator = $this->app->make('translator');
            $translator->setLocale($this->locale);
            $translator->setFallback($this->fallback);
        }
        if ($this->localeOfDates !== null && Carbon::getLocale() !== $this->localeOfDates) {
            Carbon::setLocale($this->localeOfDates);
            CarbonImmutable::setLocale($this->localeOfDates);
        }
    }

    private static function clock(): void
    {
        foreach ([Carbon::class, CarbonImmutable::class] as $class) {
            if (class_exists($class, false)) {
                $class::setTestNow();
            }
        }
    }

    private static function strings(): void
    {
        foreach (['flushCache', 'createUuidsNormally', 'createUlidsNormally', 'createRandomStringsNormally'] as $method) {
            if (method_exists(Str::class, $method)) {
                Str::$method();
            }
        }
    }

    private function noteShared(): void
    {
        $this->shared ??= $this->app->make('view')->getShared();
    }

    private function views(): void
    {
        if ($this->shared !== null) {
            $view = $this->app->make('view');
            $view->flushState();
            Inside::set($view, ['shared' => $this->shared]);
        }
    }
}
