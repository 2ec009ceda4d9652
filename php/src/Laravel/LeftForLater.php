<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\Worker\State\ClosureLibraries;
use Closure;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Support\Defer\DeferredCallbackCollection;
use Throwable;

/**
 * What a task has left to be done after it: callbacks of `defer()`, and those of `terminating()`, by which
 * `dispatchAfterResponse()` works, too. They run once, when the task has ended, within its time limit, in the order in which
 * Laravel runs them after a request; those that the boot has registered run after each task. One that throws is reported,
 * and makes no task fail; one that ends the process does.
 *
 * @internal
 */
final class LeftForLater
{
    /** @var list<callable|string> */
    private readonly array $ofBoot;

    public function __construct(
        private readonly Application $app,
        private readonly mixed $errorHandler,
        private readonly ?ClosureLibraries $closures,
    ) {
        $this->ofBoot = $this->callbacks();
    }

    /** @param ?Throwable $failure of the task */
    public function run(?Throwable $failure): void
    {
        if ($this->callbacks() === [] && !$this->app->resolved(DeferredCallbackCollection::class)) {
            return;
        }
        if ($this->errorHandler !== null) {
            set_error_handler($this->errorHandler);
        }
        $this->closures?->restore();
        try {
            $this->deferred($failure === null);
            $this->terminating();
            $this->deferred($failure === null); // by those
        } finally {
            $this->set($this->ofBoot);
            if ($this->errorHandler !== null) {
                restore_error_handler();
            }
        }
    }

    private function deferred(bool $hasSucceeded): void
    {
        if ($this->app->resolved(DeferredCallbackCollection::class)) {
            $this->app->make(DeferredCallbackCollection::class)
                ->invokeWhen(static fn(object $callback): bool => $hasSucceeded || $callback->always);
        }
    }

    private function terminating(): void
    {
        for ($i = 0; isset($this->callbacks()[$i]); $i++) {
            try {
                $this->app->call($this->callbacks()[$i]);
            } catch (Throwable $e) {
                $this->app->make(ExceptionHandler::class)->report($e);
            }
        }
    }

    /** @return list<callable|string> */
    private function callbacks(): array
    {
        return Closure::bind(fn(): array => $this->terminatingCallbacks ?? [], $this->app, $this->app::class)();
    }

    /** @param list<callable|string> $callbacks */
    private function set(array $callbacks): void
    {
        Closure::bind(function () use ($callbacks): void {
            $this->terminatingCallbacks = $callbacks;
        }, $this->app, $this->app::class)();
    }
}
