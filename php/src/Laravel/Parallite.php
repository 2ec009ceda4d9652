<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use B7s\Parallite\ClientInterface;
use B7s\Parallite\Testing\FakeClient;
use Illuminate\Concurrency\ConcurrencyManager;
use Illuminate\Support\Facades\Facade;

/**
 * The client of the application, as a facade.
 *
 * @mixin ClientInterface
 */
final class Parallite extends Facade
{
    /**
     * For tests: the client and the driver of the Concurrency facade need no daemon from now on. Tasks run in this process,
     * or come out as the test scripts them; a task of the Concurrency facade goes by its key:
     * `Parallite::fake()->returns(3, 'users')`.
     */
    public static function fake(): FakeClient
    {
        $client = new FakeClient();
        self::swap($client);
        $manager = self::$app?->resolved(ConcurrencyManager::class) ? self::$app->make(ConcurrencyManager::class) : null;
        if ($manager !== null && method_exists($manager, 'forgetInstance')) {
            $manager->forgetInstance('parallite'); // made with the real client
        }
        return $client;
    }

    protected static function getFacadeAccessor(): string
    {
        return ClientInterface::class;
    }
}
