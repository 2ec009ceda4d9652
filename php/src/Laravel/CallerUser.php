<?php

declare(strict_types=1);

namespace B7s\Parallite\Laravel;

use Closure;
use Illuminate\Auth\AuthManager;
use Illuminate\Contracts\Auth\Guard;
use Illuminate\Contracts\Foundation\Application;

/**
 * The authenticated user as a task gets it from its caller: by guard and identifier.
 *
 * @internal
 */
final class CallerUser
{
    private function __construct()
    {
    }

    /** @return array{string, int|string}|null name of the guard and identifier; null for a guest */
    public static function of(Application $app): ?array
    {
        if (!$app->bound('auth')) {
            return null;
        }
        $auth = $app->make('auth');
        $id = $auth->guard()->id();
        return is_int($id) || is_string($id) ? [$auth->getDefaultDriver(), $id] : null;
    }

    /** @param array{string, int|string} $user */
    public static function adopt(Application $app, array $user): void
    {
        [$name, $id] = $user;
        $auth = $app->make('auth');
        $auth->forgetGuards();
        $auth->setDefaultDriver($name);
        $guard = static function () use ($auth, $name): Guard {
            static $real = null;
            return $real ??= Closure::bind(fn(): Guard => $this->resolve($name), $auth, AuthManager::class)();
        };
        $provider = $auth->createUserProvider($app->make('config')->get("auth.guards.$name.provider"));
        $carried = new CarriedGuard($name, $id, $provider, $guard);
        Closure::bind(function () use ($name, $carried): void {
            $this->guards[$name] = $carried;
        }, $auth, AuthManager::class)();
    }
}
