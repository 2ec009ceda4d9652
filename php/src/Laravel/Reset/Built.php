<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel\Reset;

use Closure;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Support\Arr;

/**
 * What managers of the framework have built of configuration that a task has changed, or of none: it is removed, and built
 * of the right one when somebody asks for it. What was built of the configuration as it is stays, connections open.
 *
 * @internal
 */
final class Built
{
    /**
     * Bindings of the managers: the property with what each has built, the section that configures it, what else in the
     * configuration it was built of, and instances in the container that are among it.
     */
    private const MANAGERS = [
        'db' => ['connections', 'database.connections', [], ['db.connection']],
        'filesystem' => ['disks', 'filesystems.disks', [], ['filesystem.disk', 'filesystem.cloud']],
        'cache' => ['stores', 'cache.stores', ['cache.prefix', 'database.redis'], ['cache.store']],
        'log' => ['channels', 'logging.channels', [], []],
        'queue' => ['connections', 'queue.connections', ['database.redis'], ['queue.connection']],
        'Illuminate\Broadcasting\BroadcastManager' => ['drivers', 'broadcasting.connections', ['database.redis'], []],
    ];

    /** Instances in the container, by the section of which each is built. */
    private const INSTANCES = [
        'app.key' => ['encrypter'],
        'app.previous_keys' => ['encrypter'],
        'hashing' => ['hash', 'hash.driver'],
        'session' => ['session', 'session.store'],
    ];

    /** @var array<string, array<string, object>> what the boot has built, by manager and name */
    private readonly array $ofBoot;

    private readonly bool $hasRedis;

    /** @param array<string, mixed> $config as the boot has left it */
    public function __construct(private readonly Application $app, private readonly array $config)
    {
        $built = [];
        foreach (self::MANAGERS as $binding => [$property]) {
            $built[$binding] = $this->builtBy($binding, $property);
        }
        $this->ofBoot = $built;
        $this->hasRedis = $app->resolved('redis');
    }

    /** To be called before the configuration is put back. */
    public function remove(): void
    {
        $now = $this->app->make('config')->all();
        foreach (self::MANAGERS as $binding => [$property, $section, $others, $instances]) {
            $this->removeFrom($binding, $property, $section, $now, $this->differs($others, $now), $instances);
        }
        $this->redis($now);
        foreach ($now === $this->config ? [] : self::INSTANCES as $section => $instances) {
            if ($this->differs([$section], $now)) {
                array_map($this->app->forgetInstance(...), $instances);
            }
        }
    }

    /**
     * @param array<string, mixed> $now
     * @param list<string> $instances
     */
    private function removeFrom(
        string $binding,
        string $property,
        string $section,
        array $now,
        bool $isAll,
        array $instances,
    ): void {
        $built = $this->builtBy($binding, $property);
        $kept = array_filter($built, fn(object $one, int|string $name): bool
            => !$isAll && $this->isRight($one, $binding, (string) $name, $section, $now), ARRAY_FILTER_USE_BOTH);
        if (count($kept) === count($built)) {
            return;
        }
        $manager = $this->app->make($binding);
        foreach (array_diff_key($built, $kept) as $name => $_) {
            if ($binding === 'db') {
                $manager->purge($name); // disconnects
            }
        }
        Inside::set($manager, [$property => $kept]);
        array_map($this->app->forgetInstance(...), $instances);
    }

    /** @param array<string, mixed> $now */
    private function isRight(object $one, string $binding, string $name, string $section, array $now): bool
    {
        $boot = $this->ofBoot[$binding][$name] ?? null;
        if ($boot !== null) {
            return $boot === $one && !$this->differs(["$section." . self::entry($name)], $now);
        }
        $path = "$section." . self::entry($name);
        return Arr::has($this->config, $path) && !$this->differs([$path], $now);
    }

    /** The entry of the configuration: connections for reading and writing have one. */
    private static function entry(string $name): string
    {
        return explode('::', $name, 2)[0];
    }

    /**
     * @param list<string> $paths
     * @param array<string, mixed> $now
     */
    private function differs(array $paths, array $now): bool
    {
        foreach ($now === $this->config ? [] : $paths as $path) {
            if (Arr::get($this->config, $path) !== Arr::get($now, $path)) {
                return true;
            }
        }
        return false;
    }

    /** @param array<string, mixed> $now */
    private function redis(array $now): void
    {
        if (!$this->app->resolved('redis') || !$this->differs(['database.redis'], $now)) {
            return;
        }
        $redis = $this->app->make('redis');
        foreach ($redis->connections() ?? [] as $name => $_) {
            $redis->purge($name);
        }
        if (!$this->hasRedis) {
            $this->app->forgetInstance('redis'); // it has a copy of the configuration
        }
    }

    /** @return array<array-key, object> */
    private function builtBy(string $binding, string $property): array
    {
        $built = $this->app->resolved($binding) ? Inside::get($this->app->make($binding), $property) : [];
        return is_array($built) ? array_filter($built, is_object(...)) : [];
    }
}
