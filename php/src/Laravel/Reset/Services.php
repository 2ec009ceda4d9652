<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel\Reset;

use Closure;
use Illuminate\Cache\ArrayStore;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Notifications\ChannelManager;
use Monolog\ResettableInterface;

/**
 * Caches, logs, mail and notifications.
 *
 * @internal
 */
final class Services
{
    /** @var array<string, mixed> of the notification channels, once somebody has made them */
    private array $ofNotifications = [];

    public function __construct(private readonly Application $app)
    {
        $app->resolved(ChannelManager::class)
            ? $this->noteNotifications()
            : $app->afterResolving(ChannelManager::class, $this->noteNotifications(...));
    }

    /** @return array<string, Closure(): void> by what is put back */
    public function steps(): array
    {
        return [
            'shared context of logs' => $this->contexts(...),
            'state of Monolog' => $this->monolog(...),
            'caches of arrays' => $this->arrayCache(...),
            'mailers' => fn() => $this->app->resolved('mail.manager')
                && Inside::call($this->app->make('mail.manager'), 'forgetMailers'),
            'notification channels, their default and locale' => $this->notifications(...),
        ];
    }

    private function contexts(): void
    {
        if ($this->app->resolved('log')) {
            $log = $this->app->make('log');
            Inside::call($log, 'flushSharedContext');
            foreach ($log->getChannels() as $channel) {
                Inside::call($channel, 'withoutContext');
            }
        }
    }

    private function monolog(): void
    {
        foreach ($this->app->resolved('log') ? $this->app->make('log')->getChannels() : [] as $channel) {
            $logger = $channel->getLogger();
            if ($logger instanceof ResettableInterface) {
                $logger->reset();
            }
        }
    }

    private function arrayCache(): void
    {
        foreach ($this->app->resolved('cache') ? Inside::get($this->app->make('cache'), 'stores') : [] as $repository) {
            if ($repository->getStore() instanceof ArrayStore) {
                $repository->getStore()->flush();
            }
        }
    }

    private function noteNotifications(): void
    {
        $this->ofNotifications = $this->ofNotifications
            ?: Inside::all($this->app->make(ChannelManager::class), ['defaultChannel', 'locale']);
    }

    private function notifications(): void
    {
        if ($this->app->resolved(ChannelManager::class)) {
            $channels = $this->app->make(ChannelManager::class);
            Inside::set($channels, $this->ofNotifications);
            Inside::call($channels, 'forgetDrivers');
        }
    }
}
