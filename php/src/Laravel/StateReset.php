<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use Carbon\Carbon;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Support\Facades\Facade;
use Illuminate\Support\Once;

/**
 * The state of a booted application, to be restored after each task. It touches only what has been resolved,
 * so that a task pays for what it used. Singletons stay, as in `queue:work`, apart from those that
 * `parallite.worker.flush` names.
 */
final class StateReset
{
    /** @var array<string, mixed> */
    private readonly array $config;

    private readonly string $locale;

    private readonly bool $isUnguarded;

    public function __construct(private readonly Application $app)
    {
        $this->config = $app->make('config')->all();
        $this->locale = $app->getLocale();
        $this->isUnguarded = Model::isUnguarded();
    }

    public function restore(): void
    {
        $this->databases();
        $this->locale();
        $this->authentication();
        $this->configuration();
        $this->logs();
        $this->caches();
        foreach ($this->config['parallite']['worker']['flush'] ?? [] as $binding) {
            $this->app->forgetInstance($binding);
        }
        $this->app->forgetScopedInstances();
        Facade::clearResolvedInstances();
    }

    /** Transactions left open are rolled back; connections stay open, unless they are not to. */
    private function databases(): void
    {
        Model::unguard($this->isUnguarded);
        if (!$this->app->resolved('db')) {
            return;
        }
        $databases = $this->app->make('db');
        foreach ($databases->getConnections() as $connection) {
            if ($connection->transactionLevel() > 0) {
                $connection->rollBack(0);
            }
            $connection->flushQueryLog();
            $this->call($connection, 'forgetRecordModificationState');
            if ($this->config['parallite']['worker']['disconnect'] ?? false) {
                $connection->disconnect();
            }
        }
        $databases->setDefaultConnection($this->config['database']['default'] ?? null);
    }

    private function locale(): void
    {
        if ($this->app->getLocale() !== $this->locale) {
            $this->app->setLocale($this->locale);
        }
        if ($this->app->resolved('translator')) {
            $translator = $this->app->make('translator');
            $translator->setLocale($this->locale);
            $translator->setFallback($this->config['app']['fallback_locale'] ?? $this->locale);
        }
        if (class_exists(Carbon::class, false)) {
            Carbon::setTestNow();
        }
    }

    private function authentication(): void
    {
        $this->app->forgetInstance('auth.driver');
        if ($this->app->resolved('auth')) {
            $this->app->make('auth')->forgetGuards();
        }
        if ($this->app->resolved('cookie')) {
            $this->app->make('cookie')->flushQueuedCookies();
        }
    }

    private function configuration(): void
    {
        $config = $this->app->make('config');
        $now = $config->all();
        if ($now !== $this->config) {
            $config->set($this->config);
            foreach (array_diff_key($now, $this->config) as $key => $_) {
                $config->set($key, null);
            }
        }
    }

    private function logs(): void
    {
        if ($this->app->resolved('log')) {
            $log = $this->app->make('log');
            $this->call($log, 'flushSharedContext');
            foreach ($log->getChannels() as $channel) {
                $this->call($channel, 'withoutContext');
            }
        }
    }

    private function caches(): void
    {
        if ($this->app->resolved('cache') && isset($this->config['cache']['stores']['array'])) {
            $this->app->make('cache')->store('array')->flush();
        }
        if ($this->app->resolved('mail.manager')) {
            $this->call($this->app->make('mail.manager'), 'forgetMailers');
        }
        if (class_exists(Once::class, false)) {
            Once::flush();
        }
    }

    /** Calls what not every version of Laravel has. */
    private function call(object $target, string $method): void
    {
        if (method_exists($target, $method)) {
            $target->$method();
        }
    }
}
