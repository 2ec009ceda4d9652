<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use Closure;
use Illuminate\Cache\MemcachedStore;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Database\Connection;
use Illuminate\Database\DatabaseManager;
use Throwable;

/**
 * What a booted application has open towards other processes. It is closed in the template before workers are forked
 * from it, for all forks would share it; each fork opens anew what it uses, when it uses it. It touches only what has
 * been resolved.
 *
 * @internal
 */
final class OpenConnections
{
    public function __construct(private readonly Application $app)
    {
    }

    public function close(): void
    {
        $this->databases();
        $this->redis();
        $this->caches();
        $this->mailers();
        $this->disks();
        $this->logs();
    }

    private function databases(): void
    {
        if (!$this->app->resolved('db')) {
            return;
        }
        $databases = $this->app->make('db');
        foreach ($databases->getConnections() as $name => $connection) {
            $isOpen = is_object($connection->getRawPdo()) && !$connection->getRawPdo() instanceof Closure;
            if ($isOpen && $connection->getConfig('database') !== ':memory:') { // that is the process's own
                $this->closeDatabase($databases, (string) $name, $connection);
            }
        }
    }

    /** Objects hold the connection: it stays, and gets a PDO that is made when it is needed. */
    private function closeDatabase(DatabaseManager $databases, string $name, Connection $connection): void
    {
        try {
            $databases->reconnect($name);
        } catch (Throwable) {
            // the next query reports why there is none
        }
        if (!$connection->getRawPdo() instanceof Closure) {
            $connection->disconnect(); // its driver connects at once
        }
        gc_collect_cycles(); // connections are in cycles, and those that are not needed may be open
    }

    private function redis(): void
    {
        if (!$this->app->resolved('redis')) {
            return;
        }
        $redis = $this->app->make('redis');
        foreach ($redis->connections() ?? [] as $name => $connection) {
            $connection->disconnect();
            $redis->purge($name);
        }
    }

    private function caches(): void
    {
        foreach ($this->madeBy('cache', 'stores') as $repository) {
            $store = $repository->getStore();
            if ($store instanceof MemcachedStore) {
                $store->getMemcached()->quit();
            }
        }
    }

    private function mailers(): void
    {
        foreach ($this->madeBy('mail.manager', 'mailers') as $mailer) {
            $transport = method_exists($mailer, 'getSymfonyTransport') ? $mailer->getSymfonyTransport() : null;
            if ($transport !== null && method_exists($transport, 'stop')) {
                $transport->stop();
            }
        }
    }

    private function disks(): void
    {
        foreach ($this->madeBy('filesystem', 'disks') as $name => $_) {
            if (in_array($this->app->make('config')->get("filesystems.disks.$name.driver"), ['ftp', 'sftp'], true)) {
                $this->app->make('filesystem')->forgetDisk($name);
            }
        }
    }

    private function logs(): void
    {
        foreach ($this->madeBy('log', 'channels') as $channel) {
            $logger = $channel->getLogger();
            if (method_exists($logger, 'close')) {
                $logger->close();
            }
        }
    }

    /**
     * What one of the framework's managers has made so far; not all of them tell.
     *
     * @return array<array-key, object>
     */
    private function madeBy(string $manager, string $property): array
    {
        if (!$this->app->resolved($manager)) {
            return [];
        }
        $made = Closure::bind(fn(): mixed => $this->$property ?? [], $this->app->make($manager), $this->app->make($manager)::class)();
        return is_array($made) ? array_filter($made, is_object(...)) : [];
    }
}
