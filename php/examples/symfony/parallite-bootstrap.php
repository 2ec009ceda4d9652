<?php

/**
 * Boots the kernel of a Symfony application once per worker, and resets its services after each task. Name it in
 * parallite.json: {"bootstrap": "parallite-bootstrap.php"}. The autoloader has been loaded already.
 *
 * A task gets at the container by Parallel::container(). With worker_start=fork the kernel is booted once for all workers,
 * which are forked from it.
 */

declare(strict_types=1);

namespace App;

use B7s\Parallite\Worker\Hooks;
use Symfony\Component\DependencyInjection\ContainerInterface;
use Symfony\Component\HttpKernel\KernelInterface;

final class Parallel
{
    private static ?KernelInterface $kernel = null;

    /** The services of the application: the public ones. */
    public static function container(): ContainerInterface
    {
        return (self::$kernel ?? self::boot())->getContainer();
    }

    public static function boot(): KernelInterface
    {
        self::$kernel = new Kernel($_SERVER['APP_ENV'] ?? 'prod', (bool) ($_SERVER['APP_DEBUG'] ?? false));
        self::$kernel->boot();
        Hooks::afterTask(static function (): void {
            if (self::container()->has('services_resetter')) {
                self::container()->get('services_resetter')->reset(); // entity managers, loggers, caches in memory
            }
        });
        Hooks::beforeFork(self::disconnect(...));
        return self::$kernel;
    }

    /** Closes what the boot has opened, and forks would share; Doctrine connects again when it is used. */
    private static function disconnect(): void
    {
        if (self::container()->has('doctrine')) {
            foreach (self::container()->get('doctrine')->getConnections() as $connection) {
                $connection->close();
            }
        }
    }
}

Parallel::boot();
